// What must hold of images whose records came from our own controller: of each one, between two
// decisions (MetadataImage::check_invariants), and of any two of which one came before the other.
// Tests ask after every step; a failure is a bug of the controller, so these are CHECKs.
#pragma once

#include "broker/metadata/image.h"

namespace gregor::metadata {

/// Epochs only rise, and rise with every change (M5); ids are not reused and blocks of producer ids
/// not given twice (M8). `after` has the records of `before` and perhaps more.
void check_transition(const MetadataImage& before, const MetadataImage& after);

}  // namespace gregor::metadata
