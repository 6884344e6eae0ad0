// The ticket book's rows as its pure code sees them. The store implements TicketTable inside a transaction;
// tests use one in memory. Not thread-safe: whoever runs the transaction owns it.
#pragma once

#include "rules/model/time.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace faultline::tickets {

struct TicketRow {
  std::string id;      // the TMF621 id, equal to the external key: "FL-17"; unique
  std::string status;  // as in the document, for filters
  Timestamp created{};
  Timestamp updated{};
  std::string document;  // TMF621 v5 TroubleTicket, JSON
};

struct TicketFilter {
  std::vector<std::string> statuses;  // any of these; empty = all
  std::vector<std::string> ids;       // any of these; empty = all
  std::size_t offset = 0;
  std::size_t limit = 100;
};

struct TicketPage {
  std::vector<TicketRow> rows;  // newest ticket (highest creation time, then id) first
  std::size_t total = 0;        // that fit the filter, regardless of offset and limit
};

class TicketTable {
 public:
  virtual ~TicketTable() = default;
  virtual std::optional<TicketRow> find(const std::string& id) = 0;
  virtual TicketPage list(const TicketFilter& filter) = 0;
  // Inserts, or replaces the row with the same id.
  virtual void put(const TicketRow& row) = 0;
};

}  // namespace faultline::tickets
