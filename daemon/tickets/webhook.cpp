#include "daemon/tickets/webhook.h"

#include "daemon/tickets/message.h"

#include <fmt/core.h>

#include <map>
#include <utility>

namespace faultline::tickets {

namespace {

class Webhook final : public TicketConnector {
 public:
  Webhook(boost::asio::io_context& io, WebhookSettings settings, Url url, std::function<Timestamp()> clock)
      : io_(io), settings_(std::move(settings)), url_(std::move(url)), clock_(std::move(clock)) {}
  ~Webhook() override { Webhook::stop(); }

  const std::string& name() const override { return settings_.name; }
  bool can_search() const override { return false; }

  void create(TicketMessage message, DeliveryCallback callback) override {
    post(Operation::create, message, std::move(callback));
  }
  void update(TicketMessage message, DeliveryCallback callback) override {
    post(Operation::update, message, std::move(callback));
  }
  void comment(TicketMessage message, DeliveryCallback callback) override {
    post(Operation::comment, message, std::move(callback));
  }
  void resolve(TicketMessage message, DeliveryCallback callback) override {
    post(Operation::resolve, message, std::move(callback));
  }

  void find(std::string /*key*/, FindCallback callback) override { callback(cannot_search()); }
  void changed_since(Timestamp /*since*/, FindCallback callback) override { callback(cannot_search()); }

  void self_check(DeliveryCallback callback) override {
    HttpCall call = blank_call();
    call.connect_only = true;
    start(std::move(call), std::move(callback));
  }

  void stop() override {
    for (const auto& [id, operation] : std::exchange(under_way_, {})) operation->cancel();
  }

 private:
  static FindResult cannot_search() {
    return {{Delivery::rejected, "a webhook cannot be searched", std::nullopt, {}}, {}};
  }

  HttpCall blank_call() const {
    HttpCall call;
    call.url = url_;
    call.deadline = settings_.deadline;
    call.answer_limit = settings_.answer_limit;
    call.ca_file = settings_.ca_file;
    return call;
  }

  void post(Operation operation, const TicketMessage& message, DeliveryCallback callback) {
    HttpCall call = blank_call();
    call.body = payload(operation, message);
    call.headers = {{"Content-Type", "application/json"},
                    {"Idempotency-Key", fmt::format("\"{}\"", message.idempotency_key)},
                    {"X-Faultline-Event", message.event},
                    {"X-Faultline-Ticket", message.key}};
    if (!settings_.secret.empty())
      call.headers.emplace_back("X-Faultline-Signature", sign(settings_.secret, clock_(), call.body));
    start(std::move(call), std::move(callback));
  }

  // stop() cancels every operation, so no callback finds this gone.
  void start(HttpCall call, DeliveryCallback callback) {
    const std::uint64_t id = ++last_id_;
    under_way_[id] =
        start_http(io_, std::move(call), [this, id, done = std::move(callback)](const HttpOutcome& outcome) {
          under_way_.erase(id);
          done(classify(outcome, url_.host_header(), clock_()));
        });
  }

  boost::asio::io_context& io_;
  WebhookSettings settings_;
  Url url_;
  std::function<Timestamp()> clock_;
  std::map<std::uint64_t, std::shared_ptr<HttpOperation>> under_way_;
  std::uint64_t last_id_ = 0;
};

}  // namespace

Result<std::unique_ptr<TicketConnector>> make_webhook(boost::asio::io_context& io, WebhookSettings settings,
                                                      std::function<Timestamp()> clock) {
  auto url = parse_url(settings.url);
  if (!url) return fail(fmt::format("webhook {}: {}", settings.name, url.error().message));
  return std::make_unique<Webhook>(io, std::move(settings), std::move(*url), std::move(clock));
}

}  // namespace faultline::tickets
