#include "property/page.h"

#include "schema/tables.h"
#include "wire/copy.h"

#define ARENA_BYTES_MAX ((size_t)32 << 20)

struct Page {
        OwnObject own;
        Arena *arena;
        PathSets *specs; /* by their number */
        PageItem *items;
        size_t n, at, size;
};

static void on_end(OwnObject *own)
{
        Page *page = container_of(own, Page, own);

        arena_free(page->arena);
        free(page);
}

static int copy_specs(Page *page, const WireObjects *specs)
{
        page->specs = arena_array(page->arena, specs->n + 1, sizeof(*page->specs));
        for (size_t i = 0; page->specs && i < specs->n; i++) {
                page->specs[i].arena = page->arena;
                page->specs[i].spec = wire_copy(page->arena, specs->items[i]);
                if (!page->specs[i].spec)
                        return -ENOMEM;
        }
        return page->specs ? 0 : -ENOMEM;
}

static int copy_items(Page *page, const PageItem *items, size_t n)
{
        page->items = arena_array(page->arena, n + 1, sizeof(*items));
        if (!page->items)
                return -ENOMEM;
        for (page->n = 0; page->n < n; page->n++) {
                PageItem *copy = &page->items[page->n];

                *copy = items[page->n];
                copy->object.type = arena_strdup(page->arena, copy->object.type);
                copy->object.value = arena_strdup(page->arena, copy->object.value);
                if (!copy->object.type || !copy->object.value)
                        return -ENOMEM;
        }
        return 0;
}

static Page *page_of(OwnObject *own)
{
        return own->end == on_end ? container_of(own, Page, own) : NULL;
}

/* Clients may take the first page and never ask for more. */
static void make_room(const Session *session)
{
        OwnObject *own, *oldest = NULL;
        size_t n = 0;

        for (own = own_first(session); own; own = own_next(own)) {
                if (!page_of(own))
                        continue;
                if (!oldest)
                        oldest = own;
                n++;
        }
        if (n >= PAGES_MAX)
                own_end(oldest);
}

int page_new(Session *session, const WireObjects *specs, const PageItem *items, size_t n,
             size_t size, Page **ret)
{
        Page *page = calloc(1, sizeof(*page));
        int r = -ENOMEM;

        if (!page)
                return r;
        page->own.end = on_end;
        page->size = size;
        page->arena = arena_new(ARENA_BYTES_MAX);
        if (page->arena)
                r = copy_specs(page, specs);
        if (r >= 0)
                r = copy_items(page, items, n);
        if (r >= 0) {
                make_room(session);
                page->own.bytes = sizeof(*page) + arena_bytes(page->arena);
                r = own_add(session, &page->own);
        }
        if (r < 0) {
                on_end(&page->own);
                return r;
        }
        *ret = page;
        return 0;
}

Page *page_find(const Session *session, const char *token)
{
        for (OwnObject *own = own_first(session); own; own = own_next(own))
                if (page_of(own) && strcmp(own->moid, token) == 0)
                        return page_of(own);
        return NULL;
}

const char *page_token(const Page *page)
{
        return page->own.moid;
}

void page_end(Page *page)
{
        own_end(&page->own);
}

int page_next(Page *page, const PropertyContext *context, WireObjects *ret, bool *ret_more)
{
        size_t at;

        ret->n = 0;
        ret->items = arena_array(context->arena, page->size + 1, sizeof(*ret->items));
        if (!ret->items)
                return -ENOMEM;
        for (at = page->at; at < page->n && ret->n < page->size; at++) {
                const PageItem *item = &page->items[at];
                ObjectContent *content;
                Object object;
                int r;

                if (object_find_for(context->inventory, context->session, &item->object, &object) <
                    0)
                        continue;
                r = retrieve_object(context, &page->specs[item->spec], &object, &content);
                if (r < 0)
                        return r;
                if (content)
                        ret->items[ret->n++] = (WireObject *)content;
        }
        page->at = at;
        *ret_more = at < page->n;
        return 0;
}
