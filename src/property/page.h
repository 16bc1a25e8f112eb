#pragma once

/*
 * Pages: what RetrievePropertiesEx has found and not yet told. Values are read when their page is
 * asked for. Source: vSphere Web Services API, RetrieveResult.token.
 */

#include "property/own.h"
#include "property/retrieve.h"

#define PAGES_MAX 16U /* of one session; for another one, the oldest is forgotten */

typedef struct Page Page;

/* Objects that were found by one of several specs. */
typedef struct PageItem {
        size_t spec;
        Moref object;
} PageItem;

/**
 * page_new() - remember the rest
 * @specs:      PropertyFilterSpec, copied
 * @items:      @n of them, copied
 * @size:       objects of one page
 *
 * Return: 0, -EUSERS, -ENOMEM.
 */
int page_new(Session *session, const WireObjects *specs, const PageItem *items, size_t n,
             size_t size, Page **ret);

/* Return: what has that token, or NULL. */
Page *page_find(const Session *session, const char *token);
const char *page_token(const Page *page);

/* Forgets it. */
void page_end(Page *page);

/**
 * page_next() - read the next objects
 * @ret_more:   whether there are more; the token stays the same
 *
 * Objects that are gone meanwhile are left out. What is returned borrows from the page.
 *
 * Return: 0 or -ENOMEM.
 */
int page_next(Page *page, const PropertyContext *context, WireObjects *ret, bool *ret_more);
