#include "daemon/complaints/desk.h"

#include <fmt/core.h>

#include <optional>
#include <utility>

namespace faultline::complaints {

namespace {

constexpr int kAtATime = 8;

}  // namespace

struct Desk::Work {
  Intake intake;
  std::vector<std::optional<Kept>> kept;  // one per item; nothing where it was refused
  std::function<void(IntakeReply)> done;
  std::vector<AnsweredItem> answered;
  std::size_t next = 0;  // the item that the present step deals with
};

Result<Kept> keep(store::Database& db, const store::StoredComplaint& complaint) {
  auto added = store::add_complaint(db, complaint);
  if (!added) return tl::make_unexpected(added.error());
  if (*added) return Kept{ItemResult::accepted, complaint};
  auto known = store::find_complaint(db, complaint.id);
  if (!known) return tl::make_unexpected(known.error());
  if (!*known) return fail(fmt::format("complaint {}: known and not to be found", complaint.id));
  const bool same = same_content(**known, complaint);
  return Kept{same ? ItemResult::repeated : ItemResult::conflict, std::move(**known)};
}

Desk::Desk(store::Store& db, DeskHooks hooks, IntakeLimits limits)
    : db_(db), hooks_(std::move(hooks)), limits_(limits) {}

void Desk::submit(const std::string& body, std::function<void(IntakeReply)> done) {
  auto work = std::make_shared<Work>();
  const auto topology = hooks_.topology();
  work->intake = read(body, *topology, db_.customer_key(), hooks_.now(), limits_);
  if (work->intake.items.empty()) {
    ++counts_[static_cast<std::size_t>(ItemResult::refused)];
    return done(refusal(work->intake.status, work->intake.refusal));
  }
  work->done = std::move(done);
  // All items of a body in one job: they are on disk together or not at all.
  db_.write(
      [work](store::Database& db) -> Result<void> {
        work->kept.assign(work->intake.items.size(), std::nullopt);
        for (std::size_t i = 0; i < work->kept.size(); ++i) {
          const auto& record = work->intake.items[i].record;
          if (!record) continue;
          auto kept = keep(db, *record);
          if (!kept) return tl::make_unexpected(kept.error());
          work->kept[i] = std::move(*kept);
        }
        return {};
      },
      [this, work, alive = std::weak_ptr(alive_)](const Result<void>& result) {
        if (alive.lock()) stored(work, result);
      });
}

void Desk::stored(const std::shared_ptr<Work>& work, const Result<void>& result) {
  if (!result) {
    IntakeReply refused =
        refusal(503, "the complaint could not be stored and was not taken; send it again later");
    refused.trouble = result.error().message;
    return work->done(std::move(refused));
  }
  work->answered.resize(work->intake.items.size());
  for (std::size_t i = 0; i < work->answered.size(); ++i) {
    work->answered[i].item = std::move(work->intake.items[i]);
    if (work->kept[i]) work->answered[i].result = work->kept[i]->result;
    ++counts_[static_cast<std::size_t>(work->answered[i].result)];
  }
  tell(work);
}

// The rules take part of a millisecond for each complaint: an array of a thousand must not hold up the main
// loop, so a few are dealt with at a time.
void Desk::tell(const std::shared_ptr<Work>& work) {
  const auto topology = hooks_.topology();
  for (int n = 0; n < kAtATime && work->next < work->answered.size(); ++n, ++work->next)
    if (work->answered[work->next].result == ItemResult::accepted)
      hooks_.accepted(store::to_model(work->kept[work->next]->complaint, *topology));
  if (work->next < work->answered.size()) return later(work, &Desk::tell);
  work->next = 0;
  answer(work);
}

// Only when all are told: the last of an array may have opened the incident that explains the first.
void Desk::answer(const std::shared_ptr<Work>& work) {
  const auto topology = hooks_.topology();
  for (int n = 0; n < kAtATime && work->next < work->answered.size(); ++n, ++work->next) {
    AnsweredItem& item = work->answered[work->next];
    if (item.result == ItemResult::accepted || item.result == ItemResult::repeated)
      item.answer = hooks_.answer(store::to_model(work->kept[work->next]->complaint, *topology));
  }
  if (work->next < work->answered.size()) return later(work, &Desk::answer);
  work->done(reply(work->intake.is_array, work->answered, hooks_.surroundings()));
}

void Desk::later(std::shared_ptr<Work> work, void (Desk::*step)(const std::shared_ptr<Work>&)) {
  hooks_.post([this, work = std::move(work), step, alive = std::weak_ptr(alive_)] {
    if (alive.lock()) (this->*step)(work);
  });
}

}  // namespace faultline::complaints
