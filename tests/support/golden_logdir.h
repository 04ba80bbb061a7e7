// The data directories of a real broker in the golden data: logdir/<case>.tar.gz.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "sim/base/bytes.h"

namespace gregor::golden {

/// By path below the log directory.
using Files = std::map<std::string, Bytes>;

/// The regular files of an archive of logdir/; none if it is absent.
[[nodiscard]] Files files_of(const std::string& archive);

/// What gzip -dc gives of a file of logdir/; empty if it is absent.
[[nodiscard]] std::string unzipped(const std::string& file);

/// The logs of a partition's segments, in order.
[[nodiscard]] std::vector<Bytes> segments_of(const Files& files, const std::string& folder);

}  // namespace gregor::golden
