// The values of a cellular carrier, however they were read, into a round.
#pragma once

#include "probes/wire/modem_signal.h"
#include "rules/model/metric.h"
#include "rules/model/round.h"

#include <array>

namespace faultline::session {

inline constexpr std::array kCarrierMetrics = {Metric::rsrp_dbm, Metric::rsrq_db,  Metric::sinr_db,
                                               Metric::rssi_dbm, Metric::rscp_dbm, Metric::ecio_db};

// Those that are known.
inline void add_values(Round& round, const wire::CarrierSignal& carrier) {
  round.add(Metric::rsrp_dbm, carrier.rsrp_dbm.value_or(kNoValue));
  round.add(Metric::rsrq_db, carrier.rsrq_db.value_or(kNoValue));
  round.add(Metric::sinr_db, carrier.sinr_db.value_or(kNoValue));
  round.add(Metric::rssi_dbm, carrier.rssi_dbm.value_or(kNoValue));
  round.add(Metric::rscp_dbm, carrier.rscp_dbm.value_or(kNoValue));
  round.add(Metric::ecio_db, carrier.ecio_db.value_or(kNoValue));
}

}  // namespace faultline::session
