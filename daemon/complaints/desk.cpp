#include "daemon/complaints/desk.h"

#include <fmt/core.h>

#include <optional>
#include <utility>

namespace faultline::complaints {

struct Desk::Work {
  Intake intake;
  std::vector<std::optional<Kept>> kept;  // one per item; nothing where it was refused
  std::function<void(IntakeReply)> done;
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
        if (alive.lock()) stored(*work, result);
      });
}

void Desk::stored(Work& work, const Result<void>& result) {
  if (!result)
    return work.done(
        refusal(503, "the complaint could not be stored and was not taken; send it again later"));
  const auto topology = hooks_.topology();
  std::vector<AnsweredItem> answered(work.intake.items.size());
  std::vector<Complaint> complaints(answered.size());
  for (std::size_t i = 0; i < answered.size(); ++i) {
    answered[i].item = std::move(work.intake.items[i]);
    if (work.kept[i]) {
      answered[i].result = work.kept[i]->result;
      complaints[i] = store::to_model(work.kept[i]->complaint, *topology);
    }
    ++counts_[static_cast<std::size_t>(answered[i].result)];
    if (answered[i].result == ItemResult::accepted) hooks_.accepted(complaints[i]);
  }
  // Answered only now: the last of an array may have opened the incident that explains the first.
  for (std::size_t i = 0; i < answered.size(); ++i)
    if (answered[i].result == ItemResult::accepted || answered[i].result == ItemResult::repeated)
      answered[i].answer = hooks_.answer(complaints[i]);
  work.done(reply(work.intake.is_array, answered, hooks_.surroundings()));
}

}  // namespace faultline::complaints
