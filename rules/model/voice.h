// How good a telephone call over a path would be: an estimate, by the simplified E-model of ITU-T G.107 (Cole
// and Rosenbluth 2001) for G.711 with packet loss concealment (G.113 appendix I: Ie 0, Bpl 25.1) and losses
// that do not come in bursts. Pure.
#pragma once

namespace faultline {

struct VoiceQuality {
  double r_factor = 0;  // 0 … 93.2; below 70 many users are dissatisfied (G.107 annex B)
  double mos = 1;       // listening quality, 1 … 4.4
};

// From a round's median RTT and delay variation (both ms, the latter of the whole round trip) and its share
// of lost packets. One way takes half of the RTT, 20 ms to fill a packet, and a jitter buffer as long as the
// variation. NaN in, NaN out, but all lost is R = 0.
VoiceQuality voice_quality(double rtt_ms, double ipdv_ms, double loss_ratio);

}  // namespace faultline
