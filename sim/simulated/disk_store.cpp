#include "sim/simulated/disk_store.h"

#include <algorithm>
#include <cstring>

#include "sim/base/check.h"

namespace gregor::simulated {

// What survives. ----------------------------------------------------------------------------------

std::vector<bool> RandomCrashPolicy::sectors_kept(std::string_view, std::size_t, std::size_t,
                                                  std::size_t sectors) {
    std::vector<bool> kept(sectors, false);
    switch (random_.below(4)) {
        case 0:  // lost
            break;
        case 1: {  // the first part arrived
            const std::uint64_t part = random_.below(sectors + 1);
            for (std::size_t i = 0; i < part; ++i) kept[i] = true;
            break;
        }
        case 2:  // sectors arrived in any order
            for (std::size_t i = 0; i < sectors; ++i) kept[i] = random_.below(2) == 0;
            break;
        default: kept.assign(sectors, true);
    }
    return kept;
}

std::size_t RandomCrashPolicy::changes_kept(std::string_view, std::size_t pending) {
    return static_cast<std::size_t>(random_.below(pending + 1));
}

// Files. ------------------------------------------------------------------------------------------

Bytes FileNode::read(std::uint64_t position, std::size_t size) const {
    if (position >= live_.size()) return {};
    const std::size_t available = std::min<std::size_t>(size, live_.size() - position);
    return Bytes::copy_of(ByteSpan(live_.data() + position, available));
}

void FileNode::write(std::uint64_t position, const Bytes& bytes, Instant now) {
    if (bytes.empty()) return;
    DirtyWrite write{.position = position, .bytes = bytes, .old_size = live_.size(), .at = now};
    write.overwritten = read(position, bytes.size());
    dirty_.push_back(std::move(write));
    put(position, bytes);
}

void FileNode::truncate(std::uint64_t size, Instant now) {
    if (size == live_.size()) return;
    DirtyWrite write{.position = size, .old_size = live_.size(), .at = now};
    if (size < live_.size()) write.overwritten = read(size, live_.size() - size);
    dirty_.push_back(std::move(write));
    live_.resize(size);
}

void FileNode::sync() {
    keep_dropped_apart();
    std::erase_if(dirty_, [](const DirtyWrite& write) { return !write.dropped; });
}

/// Before younger writes become durable: what an older dropped write left undone is a hole of zeros
/// among them, or was overwritten by them.
void FileNode::keep_dropped_apart() {
    for (std::size_t i = 0; i < dirty_.size(); ++i) {
        DirtyWrite& old = dirty_[i];
        if (!old.dropped || old.bytes.empty()) continue;
        bool overwritten = false;
        bool followed = false;
        for (std::size_t j = i + 1; j < dirty_.size(); ++j) {
            const DirtyWrite& young = dirty_[j];
            if (young.dropped) continue;
            followed = true;
            overwritten |= young.bytes.empty()
                               ? young.position <= old.position  // cut off
                               : young.position < old.position + old.bytes.size() &&
                                     old.position < young.position + young.bytes.size();
        }
        if (overwritten) {
            dirty_.erase(dirty_.begin() + static_cast<std::ptrdiff_t>(i--));
        } else if (followed) {
            ByteBuffer before(old.bytes.size());
            before.append(old.overwritten);
            before.resize(old.bytes.size());
            old.overwritten = std::move(before).freeze();
            old.old_size = std::max<std::uint64_t>(old.old_size, live_.size());
        }
    }
}

void FileNode::drop_dirty() {
    // A truncation is the journal's business, which a failed write of data does not undo.
    for (DirtyWrite& write : dirty_) write.dropped = !write.bytes.empty();
}

void FileNode::write_back(Instant limit) {
    const auto is_old = [limit](const DirtyWrite& w) { return w.at < limit && !w.dropped; };
    const auto first_young = std::find_if_not(dirty_.begin(), dirty_.end(), is_old);
    dirty_.erase(dirty_.begin(), first_young);
}

std::uint64_t FileNode::synced_size() const {
    std::uint64_t synced = live_.size();
    for (const DirtyWrite& write : dirty_) synced = std::min(synced, write.position);
    return synced;
}

void FileNode::flip_bit(std::uint64_t position, unsigned bit) {
    CHECK(position < live_.size());
    live_[position] ^= static_cast<std::uint8_t>(1U << bit);
}

bool FileNode::crash(std::string_view path, CrashPolicy& policy) {
    if (dirty_.empty()) return false;
    const std::vector<DirtyWrite> writes = std::exchange(dirty_, {});
    for (auto write = writes.rbegin(); write != writes.rend(); ++write) undo(*write);
    bool lost = false;
    for (std::size_t i = 0; i < writes.size(); ++i) {
        const DirtyWrite& write = writes[i];
        const std::size_t first_sector = write.position / kSectorSize;
        const std::size_t end = write.position + std::max<std::size_t>(write.bytes.size(), 1);
        const std::size_t sectors = (end + kSectorSize - 1) / kSectorSize - first_sector;
        std::vector<bool> kept = policy.sectors_kept(path, i, writes.size(), sectors);
        CHECK(kept.size() == sectors);
        if (write.dropped) kept.assign(sectors, false);
        lost = lost || std::find(kept.begin(), kept.end(), false) != kept.end();
        if (write.bytes.empty()) {  // a truncation happens whole or not at all
            if (kept.front()) live_.resize(write.position);
            continue;
        }
        for (std::size_t s = 0; s < sectors; ++s) {
            if (!kept[s]) continue;
            const std::uint64_t from =
                std::max<std::uint64_t>(write.position, (first_sector + s) * kSectorSize);
            const std::uint64_t to = std::min<std::uint64_t>(write.position + write.bytes.size(),
                                                             (first_sector + s + 1) * kSectorSize);
            put(from, write.bytes.span().subspan(from - write.position, to - from));
        }
    }
    return lost;
}

std::shared_ptr<FileNode> FileNode::clone() const { return std::make_shared<FileNode>(*this); }

void FileNode::undo(const DirtyWrite& write) {
    live_.resize(write.old_size);
    if (!write.overwritten.empty()) put(write.position, write.overwritten);
}

void FileNode::put(std::uint64_t position, ByteSpan bytes) {
    if (position == live_.size()) {
        live_.insert(live_.end(), bytes.begin(), bytes.end());
        return;
    }
    if (live_.size() < position + bytes.size()) live_.resize(position + bytes.size());
    std::memcpy(live_.data() + position, bytes.data(), bytes.size());
}

// Directories. ------------------------------------------------------------------------------------

namespace {

/// Takes the path's next part off its front; empty at the end. Empty parts and "." do not count.
std::string_view take_part(std::string_view& path) {
    while (!path.empty()) {
        const std::size_t slash = path.find('/');
        const std::string_view part = path.substr(0, slash);
        path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
        if (!part.empty() && part != ".") return part;
    }
    return {};
}

}  // namespace

DiskStore::DiskStore() : root_(std::make_shared<Directory>()) {}

void DiskStore::apply(Entries& entries, const Change& change) {
    if (!change.removed_name.empty()) entries.erase(change.removed_name);
    if (!change.added_name.empty()) entries[change.added_name] = change.entry;
}

void DiskStore::change(Directory& directory, Change change) {
    apply(directory.live, change);
    directory.pending.push_back(std::move(change));
}

Result<std::shared_ptr<DiskStore::Directory>, IoError> DiskStore::find_directory(
    std::string_view path) const {
    std::shared_ptr<Directory> directory = root_;
    for (auto part = take_part(path); !part.empty(); part = take_part(path)) {
        const auto it = directory->live.find(part);
        if (it == directory->live.end()) return fail(IoError::not_found);
        if (it->second.directory == nullptr) return fail(IoError::not_a_directory);
        directory = it->second.directory;
    }
    return directory;
}

Result<DiskStore::Place, IoError> DiskStore::find_parent(std::string_view path) const {
    std::string_view rest = path;
    std::string_view last;
    for (auto part = take_part(rest); !part.empty(); part = take_part(rest)) last = part;
    if (last.empty()) return fail(IoError::invalid_argument);
    const std::size_t parent_length = static_cast<std::size_t>(last.data() - path.data());
    return Place{TRY(find_directory(path.substr(0, parent_length))), std::string(last)};
}

Result<std::shared_ptr<FileNode>, IoError> DiskStore::open(std::string_view path, OpenMode mode) {
    const Place place = TRY(find_parent(path));
    const auto it = place.directory->live.find(place.name);
    if (it != place.directory->live.end()) {
        if (it->second.directory != nullptr) return fail(IoError::is_a_directory);
        if (mode == OpenMode::create_new) return fail(IoError::already_exists);
        return it->second.file;
    }
    if (mode == OpenMode::read || mode == OpenMode::write) return fail(IoError::not_found);
    auto file = std::make_shared<FileNode>();
    change(*place.directory, {.added_name = place.name, .entry = {.file = file}});
    return file;
}

Result<bool, IoError> DiskStore::exists(std::string_view path) const {
    if (std::string_view rest = path; take_part(rest).empty()) return true;
    const auto place = find_parent(path);
    if (!place) {
        if (place.error() == IoError::not_found) return false;
        if (place.error() == IoError::not_a_directory) return false;  // nothing is below a file
        return fail(place.error());
    }
    return place->directory->live.contains(place->name);
}

Result<void, IoError> DiskStore::rename(std::string_view from, std::string_view to) {
    const Place source = TRY(find_parent(from));
    const Place target = TRY(find_parent(to));
    if (source.directory != target.directory) return fail(IoError::invalid_argument);
    const auto it = source.directory->live.find(source.name);
    if (it == source.directory->live.end()) return fail(IoError::not_found);
    const auto existing = target.directory->live.find(target.name);
    if (existing != target.directory->live.end() && source.name != target.name) {
        if (it->second.directory != nullptr) return fail(IoError::already_exists);
        if (existing->second.directory != nullptr) return fail(IoError::is_a_directory);
    }
    if (source.name == target.name) return {};
    change(*source.directory,
           {.removed_name = source.name, .added_name = target.name, .entry = it->second});
    return {};
}

Result<void, IoError> DiskStore::remove(std::string_view path) {
    const Place place = TRY(find_parent(path));
    const auto it = place.directory->live.find(place.name);
    if (it == place.directory->live.end()) return fail(IoError::not_found);
    if (it->second.directory != nullptr && !it->second.directory->live.empty()) {
        return fail(IoError::directory_not_empty);
    }
    change(*place.directory, {.removed_name = place.name});
    return {};
}

Result<void, IoError> DiskStore::create_directories(std::string_view path) {
    std::shared_ptr<Directory> directory = root_;
    for (auto part = take_part(path); !part.empty(); part = take_part(path)) {
        const auto it = directory->live.find(part);
        if (it == directory->live.end()) {
            auto made = std::make_shared<Directory>();
            change(*directory, {.added_name = std::string(part), .entry = {.directory = made}});
            directory = made;
            continue;
        }
        if (it->second.directory == nullptr) return fail(IoError::not_a_directory);
        directory = it->second.directory;
    }
    return {};
}

Result<void, IoError> DiskStore::sync_dir(std::string_view path) {
    const std::shared_ptr<Directory> directory = TRY(find_directory(path));
    directory->durable = directory->live;
    directory->pending.clear();
    return {};
}

Result<std::vector<DirectoryEntry>, IoError> DiskStore::list(std::string_view path) const {
    const std::shared_ptr<Directory> directory = TRY(find_directory(path));
    std::vector<DirectoryEntry> entries;
    entries.reserve(directory->live.size());
    for (const auto& [name, entry] : directory->live) {
        entries.push_back({name, entry.directory != nullptr});
    }
    return entries;
}

// The whole machine. ------------------------------------------------------------------------------

DiskStore::PowerLoss DiskStore::crash(CrashPolicy& policy) {
    return crash_directory("", *root_, policy);
}

DiskStore::PowerLoss DiskStore::crash_directory(const std::string& path, Directory& directory,
                                                CrashPolicy& policy) {
    PowerLoss loss;
    if (!directory.pending.empty()) {
        const std::size_t kept = policy.changes_kept(path, directory.pending.size());
        CHECK(kept <= directory.pending.size());
        loss.lost_names = kept < directory.pending.size();
        for (std::size_t i = 0; i < kept; ++i) apply(directory.durable, directory.pending[i]);
        directory.pending.clear();
        directory.live = directory.durable;
    }
    for (auto& [name, entry] : directory.live) {
        const std::string below = path.empty() ? name : path + "/" + name;
        if (entry.file != nullptr) {
            loss.lost_data |= entry.file->crash(below, policy);
        } else {
            const PowerLoss inner = crash_directory(below, *entry.directory, policy);
            loss.lost_data |= inner.lost_data;
            loss.lost_names |= inner.lost_names;
        }
    }
    return loss;
}

void DiskStore::write_back(Instant limit) {
    for (const auto& [path, file] : files()) file->write_back(limit);
}

std::vector<std::pair<std::string, std::shared_ptr<FileNode>>> DiskStore::files() const {
    std::vector<std::pair<std::string, std::shared_ptr<FileNode>>> out;
    collect("", *root_, out);
    return out;
}

void DiskStore::collect(const std::string& path, const Directory& directory,
                        std::vector<std::pair<std::string, std::shared_ptr<FileNode>>>& out) {
    for (const auto& [name, entry] : directory.live) {
        const std::string below = path.empty() ? name : path + "/" + name;
        if (entry.file != nullptr) {
            out.emplace_back(below, entry.file);
        } else {
            collect(below, *entry.directory, out);
        }
    }
}

std::unique_ptr<DiskStore> DiskStore::clone() const {
    auto copy = std::make_unique<DiskStore>();
    HashMap<const FileNode*, std::shared_ptr<FileNode>> files;
    HashMap<const Directory*, std::shared_ptr<Directory>> directories;
    copy->root_ = clone_directory(*root_, files, directories);
    return copy;
}

std::shared_ptr<DiskStore::Directory> DiskStore::clone_directory(
    const Directory& directory, HashMap<const FileNode*, std::shared_ptr<FileNode>>& files,
    HashMap<const Directory*, std::shared_ptr<Directory>>& directories) {
    auto& known = directories[&directory];
    if (known != nullptr) return known;
    known = std::make_shared<Directory>();
    const auto copy = known;
    const auto clone_entry = [&](const Entry& entry) {
        Entry made;
        if (entry.file != nullptr) {
            auto& file = files[entry.file.get()];
            if (file == nullptr) file = entry.file->clone();
            made.file = file;
        }
        if (entry.directory != nullptr) {
            made.directory = clone_directory(*entry.directory, files, directories);
        }
        return made;
    };
    for (const auto& [name, entry] : directory.live) copy->live[name] = clone_entry(entry);
    for (const auto& [name, entry] : directory.durable) copy->durable[name] = clone_entry(entry);
    for (const Change& change : directory.pending) {
        copy->pending.push_back(
            {change.removed_name, change.added_name, clone_entry(change.entry)});
    }
    return copy;
}

std::uint64_t DiskStore::used_bytes() const {
    std::uint64_t total = 0;
    for (const auto& [path, file] : files()) total += file->size();
    return total;
}

}  // namespace gregor::simulated
