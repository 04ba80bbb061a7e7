// ClusterMetadata: a node's part in the quorum of its cluster, as one thing: the raft driver, the
// committed images, and the controller while this node leads.
//
//     RaftDriver ──committed──> MetadataFeed ──images──> subscribers
//         └─────leadership────> ControllerDriver
//
// A node that is no controller has the first two only: it observes.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "broker/drivers/controller_driver.h"
#include "broker/drivers/metadata_feed.h"
#include "broker/drivers/raft_driver.h"

namespace gregor::drivers {

struct ClusterMetadataOptions {
    ControllerDriverOptions controller;
    RaftDriverOptions raft;  // its on_failure is replaced by the one below
    /// Called once, on some fiber. Must not wait.
    std::function<void(std::string_view why)> on_failure;
};

class ClusterMetadata final : private RaftObserver {
public:
    ClusterMetadata(Runtime& runtime, ClusterMetadataOptions options);

    /// Opens the log and takes part from now on.
    [[nodiscard]] Result<void, log::StorageError> start();
    /// From a fiber. Images stand still from then on.
    void shut_down();

    /// Called whenever another leads the quorum, or nobody does; must not wait. One at most.
    void on_leader_changed(std::function<void()> listener) {
        leader_listener_ = std::move(listener);
    }

    [[nodiscard]] RaftDriver& raft() { return raft_; }
    [[nodiscard]] MetadataFeed& feed() { return feed_; }
    [[nodiscard]] ControllerDriver& controller() { return controller_; }
    [[nodiscard]] const RaftDriver& raft() const { return raft_; }
    [[nodiscard]] const ControllerDriver& controller() const { return controller_; }
    [[nodiscard]] const metadata::ImageRef& image() const { return feed_.image(); }
    [[nodiscard]] raft::Offset image_offset() const { return feed_.image_offset(); }

private:
    void committed() override { feed_.wake(); }
    void leader_changed(const raft::LeaderAndEpoch&) override {
        if (leader_listener_) leader_listener_();
        feed_.wake_waiters();
    }
    void leadership_established(raft::LeaderEpoch epoch) override {
        controller_.leadership_established(epoch);
    }
    void leadership_lost(raft::LeaderEpoch epoch) override { controller_.leadership_lost(epoch); }
    void failed(std::string_view why);

    std::function<void(std::string_view why)> on_failure_;
    std::function<void()> leader_listener_;
    RaftDriver raft_;
    MetadataFeed feed_;
    ControllerDriver controller_;
};

}  // namespace gregor::drivers
