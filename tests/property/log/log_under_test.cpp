#include "tests/property/log/log_under_test.h"

#include <rapidcheck.h>

#include <algorithm>

#include "tests/property/log/log_process.h"

namespace gregor::log::testing {

namespace {

constexpr std::int64_t kTime = 1'700'000'000'000;
constexpr std::int64_t kPlain = 0;  // no producer id; 1 is idempotent, others transactional
constexpr std::int64_t kProducers = 4;
constexpr std::int32_t kLastSequences = 2'147'483'640;  // sequence numbers start over soon

/// One of low, low + 1, … high.
std::int64_t choose(std::uint32_t draw, std::int64_t low, std::int64_t high) {
    if (high <= low) return low;
    return low + static_cast<std::int64_t>(draw) % (high - low + 1);
}

template <class T>
ErrorCode error_of(const Result<T, ErrorCode>& result) {
    return result ? ErrorCode::none : result.error();
}

LeaderBatch as_leader_batch(const Bytes& batch) {
    return {*records::parse_batch_header(batch), batch.suffix(kBatchHeaderSize)};
}

Bytes join(const std::vector<Bytes>& pieces) {
    ByteBuffer all;
    for (const Bytes& piece : pieces) all.append(piece.span());
    return std::move(all).freeze();
}

Bytes with_flipped_bit(const Bytes& batch) {
    ByteBuffer damaged;
    damaged.append(batch.span());
    damaged.data()[batch.size() - 1] ^= 1;
    return std::move(damaged).freeze();
}

}  // namespace

LogUnderTest::LogUnderTest(std::uint64_t seed, LogConfigRef config)
    : harness_(seed), config_(std::move(config)) {
    start_process(false);
    in_process([](Runtime&, Log&) {});
}

// What producers send. ---------------------------------------------------------------------------

Bytes LogUnderTest::next_batch(Draw draw) const {
    BatchSpec spec{.records = static_cast<int>(choose(draw.amount, 1, 4)),
                   .value = std::string(draw.amount / 4 % (draw.pick % 7 == 0 ? 90 : 20), 'v'),
                   .timestamp = kTime + draw.place % 1000,
                   .producer_id = draw.pick % kProducers};
    if (spec.producer_id == kPlain) {
        spec.producer_id = -1;
        return build(spec);
    }
    spec.transactional = spec.producer_id > 1;
    const auto producers = model_.producers();
    const auto known = producers.find(spec.producer_id);
    if (known == producers.end()) {
        spec.producer_epoch = 0;
        spec.base_sequence = draw.place % 2 == 0 ? 0 : kLastSequences;
        return build(spec);
    }
    const ModelProducer& producer = known->second;
    spec.producer_epoch = producer.epoch;
    spec.base_sequence = producer.last_sequence == std::numeric_limits<std::int32_t>::max()
                             ? 0
                             : producer.last_sequence + 1;
    // The log may have forgotten those whose batches are gone: they begin again.
    if (producer.last_data < model_.start && !producer.open_since) {
        ++spec.producer_epoch;
        spec.base_sequence = 0;
    }
    return build(spec);
}

Bytes LogUnderTest::next_marker(std::int64_t producer_id, Draw draw) const {
    const auto producers = model_.producers();
    const bool bump = draw.pick % 5 == 0;  // KIP-890: the marker carries the next epoch
    const auto epoch = static_cast<std::int16_t>(producers.at(producer_id).epoch + (bump ? 1 : 0));
    return build_marker(producer_id, epoch, draw.pick % 2 == 0, kTime + draw.place % 1000, 5);
}

std::vector<std::int64_t> LogUnderTest::producers_with_open_transactions() const {
    std::vector<std::int64_t> open;
    for (const auto& [id, producer] : model_.producers()) {
        if (producer.open_since) open.push_back(id);
    }
    return open;
}

// Appending. -------------------------------------------------------------------------------------

void LogUnderTest::append_batches(Log& log, std::vector<Bytes> batches, AppendOrigin origin) {
    std::vector<LeaderBatch> given;
    std::size_t size = 0;
    for (const Bytes& batch : batches) {
        given.push_back(as_leader_batch(batch));
        size += batch.size();
    }
    const auto result = log.append_as_leader(
        {.batches = given, .leader_epoch = LeaderEpoch(epoch_), .origin = origin});
    if (size > static_cast<std::size_t>(config_->segment_bytes)) {
        RC_ASSERT(error_of(result) == ErrorCode::record_list_too_large);
        return;
    }
    RC_ASSERT(result.has_value());
    RC_ASSERT(!result->duplicate);
    RC_ASSERT(result->base_offset == Offset(model_.end));
    RC_ASSERT(result->log_start_offset == Offset(model_.start));
    for (const Bytes& batch : batches) model_.add(place(batch, model_.end, epoch_));
    RC_ASSERT(result->last_offset == Offset(model_.end - 1));
    RC_ASSERT(log.log_end_offset() - log.recovery_point() < config_->flush_messages);
}

void LogUnderTest::append_as_leader(Draw draw) {
    step([&](Log& log) {
        std::vector<Bytes> batches = {next_batch(draw)};
        for (std::uint32_t i = 0; i < draw.place % 3; ++i) {
            batches.push_back(build({.records = 1, .timestamp = kTime + i}));
        }
        append_batches(log, std::move(batches), AppendOrigin::client);
    });
}

void LogUnderTest::append_marker(Draw draw) {
    const auto open = producers_with_open_transactions();
    if (open.empty()) return;
    step([&](Log& log) {
        append_batches(log, {next_marker(open[draw.amount % open.size()], draw)},
                       AppendOrigin::coordinator);
    });
}

void LogUnderTest::append_as_follower(Draw draw) {
    enum Tail { nothing, torn, damaged, later_epoch, repeated, kTails };
    const auto tail = static_cast<Tail>(draw.place / 7 % kTails);
    step([&](Log& log) {
        const std::int64_t begin = model_.end;
        LogModel after = model_;
        std::vector<Bytes> chunk;
        for (std::uint32_t i = 0; i <= draw.amount % 6; ++i) {
            const Draw part{draw.pick + i, draw.amount + i * 5, draw.place + i * 17};
            const auto open = producers_with_open_transactions();
            const bool marker = !open.empty() && part.place % 4 == 0;
            const Bytes bytes = marker ? next_marker(open[0], part) : next_batch(part);
            // Where a leader has compacted its log there are gaps.
            const std::int64_t gap = part.place % 23 == 0 ? 3 : 0;
            const ModelBatch batch = place(bytes, model_.end + gap, epoch_);
            chunk.push_back(batch.bytes);
            model_.add(batch);
        }
        const Bytes beyond = place(build({}), model_.end, epoch_).bytes;
        if (tail == torn) chunk.push_back(beyond.slice(0, beyond.size() - 1));
        if (tail == damaged) chunk.push_back(with_flipped_bit(beyond));
        if (tail == later_epoch) chunk.push_back(place(build({}), model_.end, epoch_ + 1).bytes);
        if (tail == repeated) chunk.push_back(chunk.back());
        const auto result = log.append_as_follower(join(chunk), LeaderEpoch(epoch_));
        if (tail == damaged || tail == repeated) {
            RC_ASSERT(error_of(result) == ErrorCode::corrupt_message);
        } else {
            RC_ASSERT(result.has_value());
            RC_ASSERT(result->base_offset >= Offset(begin));
            RC_ASSERT(result->last_offset == Offset(model_.end - 1));
        }
    });
}

/// What a log must not take leaves it as it is.
void LogUnderTest::append_refused(Draw draw) {
    const auto producers = model_.producers();
    const auto known = producers.find(1 + draw.amount % (kProducers - 1));
    const bool remembered = known != producers.end() && known->second.last_data >= model_.start &&
                            known->second.last_sequence >= 0;
    BatchSpec spec{.value = std::string(2000, 'v')};
    ErrorCode expected = ErrorCode::message_too_large;
    if (remembered) {
        const ModelProducer& producer = known->second;
        spec = BatchSpec{.producer_id = known->first,
                         .producer_epoch = producer.epoch,
                         .base_sequence = records::increment_sequence(producer.last_sequence, 1),
                         .transactional = known->first > 1};
        if (producer.open_since && draw.pick % 3 == 0) {
            spec.transactional = false;
            expected = ErrorCode::invalid_txn_state;
        } else if (producer.epoch > 0 && draw.pick % 3 == 1) {
            --spec.producer_epoch;
            expected = ErrorCode::invalid_producer_epoch;
        } else {
            spec.base_sequence =
                records::increment_sequence(spec.base_sequence, 1 + draw.place % 9);
            expected = ErrorCode::out_of_order_sequence_number;
        }
    }
    step([&](Log& log) {
        RC_ASSERT(error_of(append(log, build(spec), epoch_)) == expected);
        if (model_.end == 0) return;
        const Bytes known_already = build({}, model_.end - 1, epoch_);
        const auto result = log.append_as_follower(known_already, LeaderEpoch(epoch_));
        RC_ASSERT(error_of(result) == ErrorCode::offset_out_of_range);
    });
}

void LogUnderTest::retry(Draw draw) {
    const auto producers = model_.producers();
    const auto known = producers.find(1 + draw.pick % (kProducers - 1));
    if (known == producers.end() || known->second.recent.empty()) return;
    const auto& recent = known->second.recent;
    if (known->second.last_data < model_.start) return;
    const std::size_t nth = draw.place % recent.size();
    const ModelBatch& batch = *recent[nth];
    step([&](Log& log) {
        const auto result = append(log, batch.bytes, epoch_);
        // A snapshot keeps the last batch of each producer, what comes before is recalled from the
        // files: below the log's start they may be gone.
        const bool sure =
            nth + 1 == recent.size() || batch.base() >= folded_at_ || batch.base() >= model_.start;
        if (!sure && !result) {
            RC_ASSERT(error_of(result) == ErrorCode::out_of_order_sequence_number);
            return;
        }
        RC_ASSERT(result.has_value());
        RC_ASSERT(result->duplicate);
        RC_ASSERT(result->base_offset == Offset(batch.base()));
        RC_ASSERT(result->last_offset == Offset(batch.next() - 1));
        // In a snapshot a marker's time takes the place of the batch's.
        if (batch.base() < folded_at_) return;
        RC_ASSERT(result->max_timestamp == batch.header.max_timestamp);
    });
}

void LogUnderTest::begin_epoch(Draw draw) {
    step([&](Log& log) {
        ++epoch_;
        if (draw.pick % 4 == 0) return;  // a follower learns of it from the next batch
        RC_ASSERT(log.assign_leader_epoch(LeaderEpoch(epoch_), Offset(model_.end)).has_value());
        model_.assign_epoch(epoch_, model_.end);
    });
}

// Reading. ---------------------------------------------------------------------------------------

void LogUnderTest::read(Draw draw) {
    const std::int64_t offset = choose(draw.place, model_.start - 1, model_.end + 1);
    const std::int64_t bound = choose(draw.pick, offset, model_.end);
    const auto max_bytes = static_cast<std::int64_t>(draw.amount % 900);
    step([&](Log& log) {
        const auto result = log.read({.offset = Offset(offset),
                                      .max_bytes = max_bytes,
                                      .upper_bound = Offset(bound),
                                      .with_aborted = true});
        if (offset < model_.start || offset > model_.end) {
            RC_ASSERT(error_of(result) == ErrorCode::offset_out_of_range);
            return;
        }
        RC_ASSERT(result.has_value());
        const Bytes bytes = bytes_of(*result);
        ByteBuffer wanted;
        std::size_t first_size = 0;
        for (std::size_t i = model_.find(offset); i < model_.batches.size(); ++i) {
            if (model_.batches[i].next() > bound) break;
            wanted.append(model_.batches[i].bytes.span());
            if (first_size == 0) first_size = wanted.size();
        }
        RC_ASSERT(bytes.size() >= std::min(first_size, wanted.size()));
        RC_ASSERT(bytes.size() <= std::max<std::size_t>(max_bytes, first_size));
        RC_ASSERT(bytes.size() <= wanted.size());
        RC_ASSERT(std::equal(bytes.begin(), bytes.end(), wanted.data()));
        compare_transactions(log, offset, bound);
    });
}

void LogUnderTest::look_up(Draw draw) {
    const std::int64_t time = kTime + draw.place % 1010 - 3;
    const auto epoch = static_cast<std::int32_t>(choose(draw.amount, -1, epoch_ + 1));
    const auto same = [](const std::optional<TimestampLookup>& found,
                         const std::optional<TimestampOffset>& wanted) {
        return found.has_value() == wanted.has_value() && (!wanted || found->found == *wanted);
    };
    step([&](Log& log) {
        const auto found = log.offset_for_time(time);
        RC_ASSERT(found.has_value());
        RC_ASSERT(same(*found, model_.offset_for_time(time)));
        const auto largest = log.offset_of_max_timestamp();
        RC_ASSERT(largest.has_value());
        RC_ASSERT(same(*largest, model_.offset_of_max_timestamp()));
        RC_ASSERT(log.end_offset_for_epoch(LeaderEpoch(epoch)) ==
                  model_.end_offset_for_epoch(epoch));
    });
}

// Marks and files. -------------------------------------------------------------------------------

void LogUnderTest::roll(Draw) {
    step([](Log& log) { RC_ASSERT(log.roll().has_value()); });
}

void LogUnderTest::flush(Draw) {
    step([&](Log& log) {
        RC_ASSERT(log.flush().has_value());
        RC_ASSERT(log.recovery_point() == Offset(model_.end));
        model_.flushed();
    });
}

void LogUnderTest::truncate(Draw draw) {
    const std::int64_t low = std::max<std::int64_t>(model_.start - 2, 0);
    const std::int64_t recent = std::max(low, model_.end - 12);
    const std::int64_t target =
        choose(draw.place, draw.pick % 4 == 0 ? low : recent, model_.end + 2);
    step([&](Log& log) {
        RC_ASSERT(log.truncate_to(Offset(target)).has_value());
        if (target < model_.start) {
            model_.start_anew_at(target);
            note_checkpoint(log);
        } else {
            if (target < model_.end) folded_at_ = target;
            if (target < model_.end) decided_are_known_ = false;
            model_.truncate_to(target);
        }
        ++epoch_;
    });
}

void LogUnderTest::start_anew(Draw draw) {
    const std::int64_t at = choose(draw.place, 0, model_.end + 20);
    step([&](Log& log) {
        RC_ASSERT(log.truncate_fully_and_start_at(Offset(at)).has_value());
        model_.start_anew_at(at);
        // Checkpoints must not hold a start that was taken back.
        note_checkpoint(log);
        ++epoch_;
    });
}

void LogUnderTest::set_high_watermark(Draw draw) {
    const std::int64_t wanted =
        draw.pick % 2 == 0 ? model_.end : choose(draw.place, model_.high_watermark, model_.end + 1);
    step([&](Log& log) {
        model_.high_watermark = std::min(wanted, model_.end);
        RC_ASSERT(log.set_high_watermark(Offset(wanted)) == Offset(model_.high_watermark));
    });
}

void LogUnderTest::advance_start(Draw draw) {
    const std::int64_t to = choose(draw.place, model_.start - 1, model_.end + 1);
    step([&](Log& log) {
        if (draw.pick % 2 == 0) {  // as a follower of a leader whose log starts there
            log.advance_log_start(Offset(to));
            model_.advance_start(std::min(to, model_.end));
            return;
        }
        const auto deleted = log.delete_records(Offset(to));
        if (to > model_.high_watermark) {
            RC_ASSERT(error_of(deleted) == ErrorCode::offset_out_of_range);
            return;
        }
        RC_ASSERT(deleted.has_value());
        model_.advance_start(to);
    });
}

std::vector<std::int64_t> LogUnderTest::segment_bases(Runtime& runtime) const {
    std::vector<std::int64_t> bases;
    const auto entries = runtime.disk().list("data/orders-0");
    RC_ASSERT(entries.has_value());
    for (const DirectoryEntry& entry : *entries) {
        const auto base = parse_segment_file_name(entry.name, kLogSuffix);
        if (base) bases.push_back(base->value());
    }
    return bases;
}

/// Which segments are due follows from where segments begin, their sizes, and the marks.
void LogUnderTest::delete_old_segments(Draw) {
    in_process([&](Runtime& runtime, Log& log) {
        const std::vector<std::int64_t> bases = segment_bases(runtime);
        auto excess = static_cast<std::int64_t>(log.size_in_bytes()) - config_->retention_bytes;
        int due = 0;
        std::int64_t start = 0;
        for (std::size_t i = 0; i < bases.size(); ++i) {
            const bool last = i + 1 == bases.size();
            const std::int64_t end = last ? model_.end : bases[i + 1];
            std::int64_t size = 0;
            for (const ModelBatch& batch : model_.batches) {
                if (batch.base() < bases[i] || batch.base() >= end) continue;
                size += static_cast<std::int64_t>(batch.bytes.size());
            }
            if (end > model_.high_watermark || (last && size == 0)) break;
            const bool by_size = config_->retention_bytes >= 0 && excess >= size;
            if (end > model_.start && !by_size) break;
            excess -= size;
            ++due;
            start = end;
        }
        const auto deleted = log.delete_old_segments();
        RC_ASSERT(deleted.has_value());
        RC_ASSERT(*deleted == due);
        model_.advance_start(start);
        if (due > 0) model_.files_gone_below(start);
        runtime.clock().sleep_for(std::chrono::milliseconds(1));
        log.remove_deleted_files();
        compare(runtime, log);
    });
}

/// As LogManager::checkpoint_log_offsets() and checkpoint_high_watermarks().
void LogUnderTest::note_checkpoint(const Log& log) {
    const bool inside = log.log_start_offset() > log.first_segment_base();
    checkpoint_ = {.start = inside ? log.log_start_offset().value() : 0,
                   .recovery_point = log.recovery_point().value(),
                   .high_watermark = log.high_watermark().value()};
}

void LogUnderTest::checkpoint(Draw) {
    step([&](Log& log) { note_checkpoint(log); });
}

// Comparing. -------------------------------------------------------------------------------------

void LogUnderTest::step(const std::function<void(Log&)>& body) {
    in_process([&](Runtime& runtime, Log& log) {
        body(log);
        compare(runtime, log);
    });
}

void LogUnderTest::compare(Runtime& runtime, Log& log) {
    RC_ASSERT(!log.failure().has_value());
    RC_ASSERT(log.log_start_offset() == Offset(model_.start));
    RC_ASSERT(log.log_end_offset() == Offset(model_.end));
    RC_ASSERT(log.high_watermark() == Offset(model_.high_watermark));
    RC_ASSERT(log.recovery_point() >= Offset(model_.durable));
    RC_ASSERT(log.recovery_point() <= Offset(model_.end));
    model_.durable = log.recovery_point().value();
    const auto stored = read_all(log, log.log_start_offset());
    const std::size_t first = model_.find(model_.start);
    RC_ASSERT(stored.size() == model_.batches.size() - first);
    for (std::size_t i = 0; i < stored.size(); ++i) {
        RC_ASSERT(stored[i].bytes == model_.batches[first + i].bytes);
    }
    RC_ASSERT(log.leader_epochs().entries() == model_.epochs);
    for (const std::int64_t base : segment_bases(runtime)) RC_ASSERT(base <= model_.end);
    compare_producers(log);
    compare_transactions(log, model_.start, model_.end);
    compare_last_stable_offset(log);
    log.check_invariants_fully();
}

void LogUnderTest::compare_producers(const Log& log) const {
    const auto wanted = model_.producers();
    for (const auto& [id, entry] : log.producers().entries())
        RC_ASSERT(wanted.contains(id.value()));
    for (const auto& [id, producer] : wanted) {
        const ProducerEntry* entry = log.producers().find(ProducerId(id));
        // What lies below the start may be forgotten.
        if (producer.last_offset < model_.start && entry == nullptr) continue;
        RC_ASSERT(entry != nullptr);
        RC_ASSERT(entry->producer_epoch == ProducerEpoch(producer.epoch));
        const bool data_may_be_gone = producer.last_data < model_.start;
        if (!data_may_be_gone || entry->last_sequence() != kNoSequence) {
            RC_ASSERT(entry->last_sequence() == producer.last_sequence);
        }
        if (!producer.open_since) RC_ASSERT(!entry->current_txn_first_offset);
        if (producer.open_since && *producer.open_since >= model_.start) {
            RC_ASSERT(entry->current_txn_first_offset == Offset(*producer.open_since));
        }
    }
}

/// L11: the aborted transactions that overlap [from, to) are those that the markers tell of. One
/// that began below the log's start may be known to begin later.
void LogUnderTest::compare_transactions(Log& log, std::int64_t from, std::int64_t to) const {
    const auto found = log.aborted_transactions(Offset(from), Offset(to));
    RC_ASSERT(found.has_value());
    std::size_t matched = 0;
    for (const ModelTransaction& wanted : model_.transactions()) {
        if (!wanted.aborted || *wanted.marker < from || wanted.first >= to) continue;
        const auto at = std::find_if(found->begin(), found->end(), [&](const auto& entry) {
            return entry.producer_id == ProducerId(wanted.producer_id) &&
                   entry.last_offset == Offset(*wanted.marker);
        });
        if (at == found->end()) {
            RC_ASSERT(wanted.first < model_.start);
            continue;
        }
        ++matched;
        RC_ASSERT(at->first_offset >= Offset(wanted.first));
        if (wanted.first >= model_.start) RC_ASSERT(at->first_offset == Offset(wanted.first));
    }
    RC_ASSERT(matched == found->size());
}

/// L3. What was decided above the high watermark is not in a snapshot.
void LogUnderTest::compare_last_stable_offset(const Log& log) const {
    std::int64_t lowest = model_.high_watermark;
    std::int64_t highest = model_.high_watermark;
    for (const ModelTransaction& transaction : model_.transactions()) {
        const bool open = !transaction.marker;
        if (!open && *transaction.marker < model_.high_watermark) continue;
        lowest = std::min(lowest, transaction.first);
        if (decided_are_known_ || (open && transaction.first >= model_.start)) {
            highest = std::min(highest, transaction.first);
        }
    }
    RC_ASSERT(log.last_stable_offset() >= Offset(std::max(lowest, model_.start)));
    RC_ASSERT(log.last_stable_offset() <= Offset(std::max(highest, model_.start)));
}

}  // namespace gregor::log::testing
