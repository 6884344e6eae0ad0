#include "tests/accuracy/field.h"

#include "tests/lab/dice.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace faultline::accuracy {
namespace {

constexpr float kRttNoise = 0.06F;
constexpr float kAutoregression = 0.5F;
constexpr double kMeanLoss = 0.003, kMostLoss = 0.01;
constexpr float kEveningShare = 0.08F, kEveningRise = 0.25F;
// Begin in so many of an endpoint's minutes, of loss and as many of RTT, however often somebody looks.
constexpr float kSpikes = 3e-4F;
constexpr std::int64_t kSpikeRound_s = 60;
constexpr std::size_t kTailSamples = 1U << 14U;

float nominal_ms(Technology technology) {
  return is_mobile(technology) ? 35.0F : technology == Technology::docsis ? 24.0F : 18.0F;
}

// 0 in the morning, 1 at half past eight in the evening.
float evening_at(std::int64_t second) {
  const double hour = static_cast<double>(second % 86400) / 3600;
  const double away = std::abs(hour - 20.5);
  return away >= 3.5 ? 0 : static_cast<float>(0.5 + 0.5 * std::cos(std::numbers::pi * away / 3.5));
}

}  // namespace

Field::Field(const Network& network, std::uint64_t seed, std::int64_t interval_s)
    : states_(network.topology->endpoints().size()),
      random_(lab::mix(seed) | 1U),
      spikes_a_round_(kSpikes * static_cast<float>(interval_s) / kSpikeRound_s) {
  lab::Dice dice(seed * 31 + 17);
  for (std::uint32_t i = 0; i < states_.size(); ++i) {
    const Technology technology = network.topology->endpoint({i}).technology;
    State& state = states_[i];
    state.mobile = is_mobile(technology);
    state.nominal_ms = nominal_ms(technology) * static_cast<float>(std::exp(0.2 * dice.normal()));
    state.base_loss = static_cast<float>(std::min(kMostLoss, -kMeanLoss * std::log(1 - dice.unit())));
    state.none_lost = static_cast<float>(std::pow(1 - state.base_loss, 10));
    state.evening = dice.unit() < kEveningShare ? kEveningRise : 0;
    const auto drawn = static_cast<float>(dice.normal());
    if (state.mobile) {
      state.signal = std::clamp(-88 + 7 * drawn, -100.0F, -70.0F);
      state.signal_noise_db = 0.7F;
    } else if (technology == Technology::docsis) {
      state.metric = Metric::mer_db;
      state.signal = std::clamp(39 + drawn, 37.0F, 42.0F);
      state.signal_noise_db = 0.3F;
    } else {
      state.metric = Metric::optical_rx_dbm;
      state.signal = std::clamp(-19 + 2 * drawn, -22.0F, -14.0F);
      state.signal_noise_db = 0.1F;
    }
  }
  heavy_tail_.resize(kTailSamples);
  for (float& sample : heavy_tail_) {
    double chi = 0;
    for (int k = 0; k < 5; ++k) chi += std::pow(dice.normal(), 2);
    sample = static_cast<float>(dice.normal() / std::sqrt(chi / 5) / std::sqrt(5.0 / 3));
  }
}

void Field::change(const Event& event, bool begins) {
  for (const EndpointIndex endpoint : event.endpoints) {
    State& state = states_[endpoint.value];
    if (begins)
      state.events.push_back(&event);
    else
      std::erase(state.events, &event);
    state.effect = Effect{};
    float arrives = 1;
    for (const Event* one : state.events) {
      arrives *= 1 - one->effect.loss;
      state.effect.rtt_factor *= one->effect.rtt_factor;
      state.effect.signal_db += one->effect.signal_db;
      state.effect.off_air = state.effect.off_air || one->effect.off_air;
    }
    state.effect.loss = 1 - arrives;
  }
}

std::uint16_t Field::lost_of(std::uint16_t packets, float loss) {
  if (loss >= 1) return packets;
  std::uint16_t lost = 0;
  for (std::uint16_t i = 0; i < packets; ++i) lost = static_cast<std::uint16_t>(lost + (unit() < loss));
  return lost;
}

void Field::maybe_spike(State& state, std::int64_t second) {
  const float u = unit();
  if (u >= 2 * spikes_a_round_) return;
  // Over one to three rounds: it ends somewhere between the last of them and the next.
  state.spike_until_s =
      static_cast<std::uint32_t>(second + kSpikeRound_s * (draw() % 3) + 1 + draw() % (kSpikeRound_s - 1));
  state.spike_loss = u < spikes_a_round_ ? 0.3F + 0.4F * unit() : 0;
  state.spike_rtt = u < spikes_a_round_ ? 1.0F : 2.5F;
}

Round Field::measure(EndpointIndex endpoint, std::int64_t second, std::uint16_t packets, bool on_demand,
                     bool blind) {
  State& state = states_[endpoint.value];
  if (fresh_for_ != static_cast<std::uint64_t>(second / 60)) {
    fresh_for_ = static_cast<std::uint64_t>(second / 60);
    evening_now_ = evening_at(second);
  }
  if (!on_demand) maybe_spike(state, second);
  const bool spiked = static_cast<std::uint32_t>(second) < state.spike_until_s;
  const bool usual = !spiked && state.effect.loss == 0 && !blind;

  Round round;
  round.endpoint = endpoint;
  round.on_demand = on_demand;
  round.started = at_second(second) + std::chrono::milliseconds(endpoint.value % 997);
  std::uint16_t sent = on_demand ? 5 : packets, lost = 0;
  float loss = 1 - (1 - state.base_loss) * (1 - state.effect.loss) * (spiked ? 1 - state.spike_loss : 1);
  if (blind) loss = 1;
  if (!usual || packets != 10 || on_demand || unit() >= state.none_lost) {
    lost = lost_of(sent, loss);
    if (usual && lost == 0 && !on_demand && packets == 10) lost = 1;  // at least one, by the draw above
  }
  if (on_demand && lost > 0) {
    lost = static_cast<std::uint16_t>(lost + lost_of(15, loss));
    sent = 20;
  }
  round.packets.sent = sent;
  round.packets.received = static_cast<std::uint16_t>(sent - lost);
  round.outcome = lost == 0 ? Outcome::ok : lost == sent ? Outcome::lost : Outcome::partial;
  round.finished = round.started + std::chrono::milliseconds(sent * 100 + (lost > 0 ? 1000 : 50));

  state.rtt_noise = kAutoregression * state.rtt_noise + 0.866F * heavy_tail();
  if (lost < sent) {
    const float factor = state.effect.rtt_factor * (spiked ? state.spike_rtt : 1) *
                         (1 + state.evening * evening_now_) *
                         (1 + kRttNoise * std::max(state.rtt_noise, -8.0F));
    round.rtt.median_ms = state.nominal_ms * factor;
    round.rtt.minimum_ms = 0.96F * round.rtt.median_ms;
    round.rtt.p95_ms = 1.08F * round.rtt.median_ms * (1 + 0.02F * std::abs(heavy_tail()));
    round.rtt.maximum_ms = 1.05F * round.rtt.p95_ms;
    round.rtt.ipdv_ms = round.rtt.p95_ms - round.rtt.minimum_ms;
    round.rtt.jitter_ms = 0.1F * round.rtt.ipdv_ms;
  }
  // The modem beside a cell does not need the path; what a line's equipment says comes over it.
  if (state.mobile && state.effect.off_air) {
    round.reason = OutcomeReason::not_registered;
  } else if (state.mobile || lost < sent) {
    state.signal_noise = kAutoregression * state.signal_noise + 0.866F * heavy_tail();
    round.add(state.metric,
              state.signal + state.effect.signal_db + state.signal_noise_db * state.signal_noise);
  }
  return round;
}

}  // namespace faultline::accuracy
