#include "scenarios/cluster/replica_mover.h"

namespace gregor::scenarios::cluster {

std::string log_directory(std::int64_t number) {
    return number == 1 ? "data" : fmt::format("data{}", number);
}

void ReplicaMover::move(const admin::Replica& replica, const std::string& path) {
    const auto answers = directories_.move({{replica, path}});
    const bool is_refused =
        answers && answers->contains(replica) && answers->at(replica) != protocol::ErrorCode::none;
    if (is_refused) wanted_.erase(replica);
    else wanted_.insert_or_assign(replica, path);
}

void ReplicaMover::forget(protocol::NodeId broker) {
    std::erase_if(wanted_, [&](const auto& each) { return each.first.broker == broker; });
}

std::string ReplicaMover::what_is_left() {
    while (!wanted_.empty()) {
        const auto [replica, path] = *wanted_.begin();
        const std::string what = fmt::format("{} to {}", to_string(replica), path);
        const auto places = directories_.places({replica});
        if (!places) return "asking about " + what;
        const admin::ReplicaPlace& place = places->at(replica);
        if (place.future == path) return what + " is on its way";
        if (!place.directory.empty() && place.directory != path) {
            move(replica, path);
            return "asking again for " + what;
        }
        wanted_.erase(replica);
    }
    return "";
}

}  // namespace gregor::scenarios::cluster
