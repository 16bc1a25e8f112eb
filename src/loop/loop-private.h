#pragma once

/* What the files of the loop share. */

#include "loop/loop.h"

typedef struct LoopPaths LoopPaths;

/* Where the loop keeps what path.c has made; NULL before the first path. */
LoopPaths **loop_paths(Loop *loop);

LoopPaths *loop_paths_free(LoopPaths *paths);
