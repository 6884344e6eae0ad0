#include "rules/model/topology.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faultline {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

NodeRecord node(std::string name, NodeKind kind, std::vector<ParentName> parents = {}) {
  NodeRecord record;
  record.node.name = std::move(name);
  record.node.kind = kind;
  record.parents = std::move(parents);
  return record;
}
EndpointRecord endpoint(std::string name, std::vector<ParentName> parents, std::uint32_t customers = 10) {
  EndpointRecord record;
  record.endpoint.name = std::move(name);
  record.endpoint.customers = customers;
  record.parents = std::move(parents);
  return record;
}
ParentName by(std::string parent, EdgeKind kind = EdgeKind::transport) {
  return {kind, std::move(parent)};
}

// core ─ ring ─ site-1 (cell-1, cell-2), site-2 (cell-3); power feeds both sites.
std::vector<NodeRecord> city_nodes() {
  return {node("site-1", NodeKind::site, {by("ring"), by("power", EdgeKind::power)}),
          node("site-2", NodeKind::site, {by("ring"), by("power", EdgeKind::power)}),
          node("ring", NodeKind::aggregation, {by("core")}), node("core", NodeKind::core),
          node("power", NodeKind::power)};
}
std::vector<EndpointRecord> city_endpoints() {
  return {endpoint("cell-1", {by("site-1")}), endpoint("cell-2", {by("site-1")}),
          endpoint("cell-3", {by("site-2")})};
}
std::shared_ptr<const Topology> city() {
  return *Topology::build(city_nodes(), city_endpoints());
}
std::vector<std::string> names(const Topology& t, std::span<const NodeIndex> list) {
  std::vector<std::string> out;
  for (const NodeIndex n : list) out.push_back(t.node(n).name);
  return out;
}
std::vector<std::string> names(const Topology& t, std::span<const EndpointIndex> list) {
  std::vector<std::string> out;
  for (const EndpointIndex e : list) out.push_back(t.endpoint(e).name);
  return out;
}

TEST(Topology, FindsByName) {
  const auto t = city();
  EXPECT_EQ(t->node(*t->find_node("ring")).kind, NodeKind::aggregation);
  EXPECT_EQ(t->endpoint(*t->find_endpoint("cell-3")).name, "cell-3");
  EXPECT_FALSE(t->find_node("cell-3"));
  EXPECT_FALSE(t->find_endpoint(""));
}

TEST(Topology, ListsAncestorsNearestFirstEachOnce) {
  const auto t = city();
  EXPECT_THAT(names(*t, t->ancestors(*t->find_endpoint("cell-1"))),
              ElementsAre("site-1", "ring", "power", "core"));
  EXPECT_THAT(names(*t, t->ancestors(*t->find_node("ring"))), ElementsAre("core"));
  EXPECT_THAT(t->ancestors(*t->find_node("core")), IsEmpty());
}

TEST(Topology, ListsADiamondsTopOnce) {
  const auto t =
      *Topology::build({node("top", NodeKind::core), node("left", NodeKind::aggregation, {by("top")}),
                        node("right", NodeKind::aggregation, {by("top")}),
                        node("site", NodeKind::site, {by("left"), by("right")})},
                       {endpoint("e", {by("site"), by("left")})});
  EXPECT_THAT(names(*t, t->ancestors(EndpointIndex{0})), ElementsAre("site", "left", "right", "top"));
  EXPECT_EQ(t->endpoints_below(*t->find_node("top")).size(), 1U);
}

TEST(Topology, ListsWhatIsBelow) {
  const auto t = city();
  EXPECT_THAT(names(*t, t->child_nodes(*t->find_node("ring"))), ElementsAre("site-1", "site-2"));
  EXPECT_THAT(names(*t, t->child_endpoints(*t->find_node("site-1"))), ElementsAre("cell-1", "cell-2"));
  EXPECT_THAT(names(*t, t->endpoints_below(*t->find_node("power"))),
              ElementsAre("cell-1", "cell-2", "cell-3"));
  EXPECT_EQ(t->customers_below(*t->find_node("core")), 30U);
}

TEST(Topology, KnowsWhatIsAboveWhat) {
  const auto t = city();
  const auto at = [&](std::string_view name) { return *t->find_node(name); };
  EXPECT_TRUE(t->is_at_or_above(at("core"), at("site-1")));
  EXPECT_TRUE(t->is_at_or_above(at("ring"), at("ring")));
  EXPECT_FALSE(t->is_at_or_above(at("site-1"), at("core")));
  EXPECT_FALSE(t->is_at_or_above(at("power"), at("ring")));
}

TEST(Topology, AnEmptyOneIsFine) {
  const auto t = Topology::build({}, {});
  ASSERT_TRUE(t);
  EXPECT_THAT((*t)->endpoints(), IsEmpty());
}

TEST(Topology, AnEndpointMayHangOnNothing) {
  const auto t = Topology::build({}, {endpoint("alone", {})});
  ASSERT_TRUE(t);
  EXPECT_THAT((*t)->ancestors(EndpointIndex{0}), IsEmpty());
}

struct Mistake {
  std::vector<NodeRecord> nodes;
  std::vector<EndpointRecord> endpoints;
  std::string message;
};
TEST(Topology, RefusesAGraphThatIsNoneAndNamesTheCulprit) {
  const Mistake mistakes[] = {
      {{node("a", NodeKind::site, {by("b")})}, {}, "\"a\" has the unknown parent \"b\""},
      {{}, {endpoint("e", {by("b")})}, "\"e\" has the unknown parent \"b\""},
      {{node("a", NodeKind::site), node("a", NodeKind::core)}, {}, "node \"a\" is given twice"},
      {{}, {endpoint("e", {}), endpoint("e", {})}, "endpoint \"e\" is given twice"},
      {{node("a", NodeKind::site, {by("a")})}, {}, "loop"},
      {{node("a", NodeKind::site, {by("b")}), node("b", NodeKind::site, {by("c")}),
        node("c", NodeKind::site, {by("a")})},
       {},
       "loop"}};
  for (const Mistake& mistake : mistakes) {
    const auto built = Topology::build(mistake.nodes, mistake.endpoints);
    ASSERT_FALSE(built) << mistake.message;
    EXPECT_THAT(built.error().message, HasSubstr(mistake.message));
  }
}

TEST(TopologyReload, KeepsIndexesOfNamesAndRetiresWhatIsGone) {
  const auto before = city();
  auto nodes = city_nodes();
  nodes.erase(nodes.begin() + 1);  // site-2
  nodes.insert(nodes.begin(), node("site-0", NodeKind::site, {by("ring")}));
  const auto after = *Topology::build(
      nodes, {endpoint("cell-0", {by("site-0")}), endpoint("cell-2", {by("site-1")})}, before.get());
  EXPECT_EQ(after->find_endpoint("cell-2"), before->find_endpoint("cell-2"));
  EXPECT_EQ(after->find_node("ring"), before->find_node("ring"));
  EXPECT_EQ(after->find_endpoint("cell-0")->value, 3U);
  EXPECT_FALSE(after->find_endpoint("cell-1"));
  EXPECT_TRUE(after->endpoint(EndpointIndex{0}).retired);
  EXPECT_FALSE(after->find_node("site-2"));
  EXPECT_THAT(names(*after, after->endpoints_below(*after->find_node("core"))),
              ElementsAre("cell-2", "cell-0"));
}

TEST(TopologyReload, BringsANameBackAtItsOldIndex) {
  const auto first = city();
  const auto without = *Topology::build(city_nodes(), {endpoint("cell-2", {by("site-1")})}, first.get());
  const auto again = *Topology::build(city_nodes(), city_endpoints(), without.get());
  EXPECT_EQ(again->find_endpoint("cell-3"), first->find_endpoint("cell-3"));
  EXPECT_FALSE(again->endpoint(*again->find_endpoint("cell-3")).retired);
}

TEST(TopologyReload, RefusesAParentThatWasRetired) {
  const auto before = city();
  const auto after =
      Topology::build({node("core", NodeKind::core)}, {endpoint("cell-1", {by("site-1")})}, before.get());
  ASSERT_FALSE(after);
  EXPECT_THAT(after.error().message, HasSubstr("unknown parent \"site-1\""));
}

TEST(TopologyReload, MovesAnEndpointToItsNewParent) {
  const auto before = city();
  const auto after = *Topology::build(city_nodes(), {endpoint("cell-1", {by("site-2")})}, before.get());
  EXPECT_THAT(names(*after, after->child_endpoints(*after->find_node("site-2"))), ElementsAre("cell-1"));
  EXPECT_THAT(after->child_endpoints(*after->find_node("site-1")), IsEmpty());
  EXPECT_EQ(before->child_endpoints(*before->find_node("site-1")).size(), 2U);  // the old one is as it was
}

}  // namespace
}  // namespace faultline
