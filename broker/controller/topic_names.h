// Which topic names are legal, and which are told apart by '.' and '_' alone: metric names turn '.'
// into '_', so that such topics would share their metrics.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gregor::controller {

inline constexpr std::size_t kMaxTopicNameLength = 249;

/// Why the name is illegal, in Kafka's words; nothing if it is legal.
[[nodiscard]] std::optional<std::string> find_topic_name_fault(std::string_view name);

[[nodiscard]] bool has_collision_chars(std::string_view name);
/// The name with every '.' as '_': equal for topics that collide.
[[nodiscard]] std::string unify_collision_chars(std::string_view name);

/// Of the group and the transaction coordinator.
[[nodiscard]] bool is_internal_topic(std::string_view name);

inline constexpr std::string_view kClusterMetadataTopic = "__cluster_metadata";

}  // namespace gregor::controller
