#pragma once

#include "base/arena.h"

/* Copies an object and all below it into another arena. Return: NULL without memory. */
void *wire_copy(Arena *arena, const void *object);
