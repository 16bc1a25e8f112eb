#pragma once

/*
 * Instances: which machine an agent's id is of. An id is random, and new at each start; where two
 * machines have the same, one was made of the other's memory.
 */

#include "guestops/guest.h"

struct Instances {
        void *root; /* of tsearch(3); zeroed when new, and empty when all have been released */
};

/**
 * instances_claim() - a machine's agent has this id from now on
 * @text:       lasts, unchanged, until it is released
 *
 * Return: another machine that has claimed it before, or NULL.
 */
Guest *instances_claim(Instances *instances, const char *text, Guest *guest);

/* Does nothing where it is another machine's. */
void instances_release(Instances *instances, const char *text, const Guest *guest);
