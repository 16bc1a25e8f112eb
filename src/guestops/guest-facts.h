#pragma once

/* What an agent says of its guest, made fit to be kept. Source: PROTOCOL.md, "Facts". */

#include "inventory/inventory.h"

/* A copy of @text, cut to @size, safe to print; of nothing, if @text is NULL. */
void guest_fact_copy(char *at, size_t size, const char *text);

/**
 * guest_facts_read() - take over the payload of a FACTS frame
 * @facts:      keeps what such a frame does not tell
 *
 * Return: 0, or -EBADMSG or -ENOMEM, with @facts as they were.
 */
int guest_facts_read(GuestFacts *facts, const char *payload, size_t size);

/* Forgets what guest_facts_read() has taken. */
void guest_facts_clear(GuestFacts *facts);
