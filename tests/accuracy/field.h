// The network as probes see it: what a round of an endpoint finds at a time, with the noise of a healthy
// network and what the events in force add.
#pragma once

#include "rules/model/round.h"
#include "tests/accuracy/network.h"
#include "tests/accuracy/plan.h"

#include <cstdint>
#include <vector>

namespace faultline::accuracy {

class Field {
 public:
  // `interval_s` between two rounds of an endpoint.
  Field(const Network& network, std::uint64_t seed, std::int64_t interval_s);

  void begin(const Event& event) { change(event, true); }
  void end(const Event& event) { change(event, false); }

  // A scheduled round of `packets`, or a burst of 5 packets and 15 more if one of them is lost; `blind`: the
  // probe host sees nothing.
  Round measure(EndpointIndex endpoint, std::int64_t second, std::uint16_t packets, bool on_demand,
                bool blind);

 private:
  struct State {
    float nominal_ms = 20;
    float base_loss = 0;
    float evening = 0;                      // what the evening adds to the RTT, as a share
    float rtt_noise = 0, signal_noise = 0;  // of the moment, in deviations
    float none_lost = 1;                    // probability that 10 packets of a round all come back
    float signal = 0;  // RSRP, dBm; of a PON line the light it receives, dBm; of a cable modem its MER, dB
    Metric metric = Metric::rsrp_dbm;
    float signal_noise_db = 0;
    bool mobile = false;
    Effect effect;  // of all events in force
    std::uint32_t spike_until_s = 0;
    float spike_loss = 0, spike_rtt = 1;
    std::vector<const Event*> events;
  };
  std::uint32_t draw() {  // xorshift: a round needs four of them
    random_ ^= random_ << 13U;
    random_ ^= random_ >> 7U;
    random_ ^= random_ << 17U;
    return static_cast<std::uint32_t>(random_ >> 32U);
  }
  float unit() { return static_cast<float>(draw() >> 8U) * 0x1p-24F; }
  float heavy_tail() { return heavy_tail_[draw() & (heavy_tail_.size() - 1)]; }
  void change(const Event& event, bool begins);
  void maybe_spike(State& state, std::int64_t second);
  std::uint16_t lost_of(std::uint16_t packets, float loss);

  std::vector<State> states_;
  std::vector<float> heavy_tail_;  // Student t with 5 degrees of freedom, scaled to variance 1
  std::uint64_t random_;
  float spikes_a_round_;
  std::uint64_t fresh_for_ = UINT64_MAX;
  float evening_now_ = 0;
};

}  // namespace faultline::accuracy
