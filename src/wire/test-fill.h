#pragma once

/* For tests of a spelling: objects of every type, filled by their tables. */

#include "base/arena.h"
#include "schema/tables.h"

typedef struct Filler {
        Arena *arena;
        unsigned int turn; /* every value is another one */
        unsigned int depth;
        bool only_required;
        bool as_text;  /* times that a calendar has */
        bool for_json; /* which has no boxes for arrays of objects */
} Filler;

/* Return: whether there are objects of exactly this type. */
bool is_concrete(const WireType *type);

/* Return: an object with all its members, in the filler's arena. */
void *fill_object(Filler *filler, const WireType *type);

/* Return: whether @object is what a decoder may hand out: no member is missing or half there. */
bool is_whole(const WireObject *object, const WireType *declared);
