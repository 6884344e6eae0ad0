// One line of a recording as the thing that it means, and back. Names are looked up in the topology; a
// number, time or word that is out of its range is an error with the field's name. Pure.
#pragma once

#include "rules/model/alarm.h"
#include "rules/model/complaint.h"
#include "rules/model/maintenance.h"
#include "rules/model/result.h"
#include "rules/model/round.h"
#include "rules/model/topology.h"
#include "rules/pipeline.h"

#include <boost/json/object.hpp>

#include <memory>
#include <string>

namespace faultline::replay {

Result<std::shared_ptr<const Topology>> read_inventory(const boost::json::object& line,
                                                       const Topology* previous);
Result<Round> read_round(const boost::json::object& line, const Topology& topology);
Result<Complaint> read_complaint(const boost::json::object& line, const Topology& topology);
Result<Alarm> read_alarm(const boost::json::object& line, const Topology& topology);
Result<Maintenance> read_maintenance(const boost::json::object& line, const Topology& topology);
Result<Tick> read_tick(const boost::json::object& line);

// For recording: the same lines, without the line feed. read(write(x)) is x, but for times finer than a
// millisecond.
std::string write(const Round& round, const Topology& topology);
std::string write(const Complaint& complaint, const Topology& topology);
std::string write(const Tick& tick);

}  // namespace faultline::replay
