#include "agent/select-names.h"

#include <sys/random.h>

/*
 * Each reading counts the names up to a bound and keeps the smallest ones above it. Where the page
 * lies beyond those, a sample that the first reading took says which name to try as the next bound.
 * A guess is only a guess: how many names lie below it is counted, and the next one is better.
 */

#define RANDOM_NUMBERS 512

/* A name whose place among all names is known. */
typedef struct Anchor {
        char *name;    /* NULL: before the first one, or after the last */
        uint64_t rank; /* names up to and including it */
        size_t at;     /* how many of the sample those are */
} Anchor;

typedef struct Selection {
        const NameSource *source;
        uint64_t index;
        size_t count, kept;
        /* of the last reading */
        uint64_t below, total; /* names up to the bound; all names */
        Names heap;            /* above the bound, the smallest; heap.items[0] is the largest */
        size_t heap_max;
        /* of the first one */
        Names sample;
        size_t sample_max;
        uint64_t randoms[RANDOM_NUMBERS];
        size_t n_randoms;
        /* the page begins between these */
        Anchor low, high;
} Selection;

void names_done(Names *names)
{
        for (size_t i = 0; i < names->n; i++)
                free(names->items[i]);
        free(names->items);
        *names = (Names){0};
}

static int dots(const char *name)
{
        if (name[0] != '.')
                return 3;
        return !name[1] ? 1 : name[1] == '.' && !name[2] ? 2 : 3;
}

int name_compare(const char *a, const char *b)
{
        int order = dots(a) - dots(b);

        return order ? order : strcmp(a, b);
}

static int compare_items(const void *a, const void *b)
{
        return name_compare(*(char *const *)a, *(char *const *)b);
}

static void sort(Names *names)
{
        if (names->n > 1)
                qsort(names->items, names->n, sizeof(*names->items), compare_items);
}

static void clear(Names *names)
{
        while (names->n > 0)
                free(names->items[--names->n]);
}

static int replace(char **item, const char *name)
{
        char *copy = strdup(name);

        if (!copy)
                return -ENOMEM;
        free(*item);
        *item = copy;
        return 0;
}

/* the heap */

static void swap(char **a, char **b)
{
        char *c = *a;

        *a = *b;
        *b = c;
}

static void sift_up(char **items, size_t at)
{
        while (at > 0 && name_compare(items[at], items[(at - 1) / 2]) > 0) {
                swap(&items[at], &items[(at - 1) / 2]);
                at = (at - 1) / 2;
        }
}

static void sift_down(char **items, size_t n)
{
        size_t at = 0;

        for (size_t child = 1; child < n; child = 2 * at + 1) {
                if (child + 1 < n && name_compare(items[child + 1], items[child]) > 0)
                        child++;
                if (name_compare(items[at], items[child]) >= 0)
                        return;
                swap(&items[at], &items[child]);
                at = child;
        }
}

static int heap_add(Selection *selection, const char *name)
{
        Names *heap = &selection->heap;
        int r;

        if (heap->n < selection->heap_max) {
                heap->items[heap->n] = strdup(name);
                if (!heap->items[heap->n])
                        return -ENOMEM;
                sift_up(heap->items, heap->n++);
                return 0;
        }
        if (heap->n == 0 || name_compare(name, heap->items[0]) >= 0)
                return 0;
        r = replace(&heap->items[0], name);
        if (r >= 0)
                sift_down(heap->items, heap->n);
        return r;
}

/* the sample */

static int draw(Selection *selection, uint64_t *ret)
{
        if (selection->n_randoms == 0) {
                ssize_t n = getrandom(selection->randoms, sizeof(selection->randoms), 0);

                if (n < (ssize_t)sizeof(*selection->randoms))
                        return n < 0 ? -errno : -EIO;
                selection->n_randoms = (size_t)n / sizeof(*selection->randoms);
        }
        *ret = selection->randoms[--selection->n_randoms];
        return 0;
}

/* Every name so far is in the sample with the same likelihood. Call before it is counted. */
static int sample_add(Selection *selection, const char *name)
{
        Names *sample = &selection->sample;
        uint64_t place = 0;
        int r;

        if (sample->n < selection->sample_max) {
                sample->items[sample->n] = strdup(name);
                return sample->items[sample->n++] ? 0 : -ENOMEM;
        }
        r = draw(selection, &place);
        if (r < 0)
                return r;
        place %= selection->total + 1;
        return place < sample->n ? replace(&sample->items[place], name) : 0;
}

/* Return: how many of the sample are not above @name. */
static size_t sample_place(const Names *sample, const char *name)
{
        size_t low = 0, high = sample->n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (name_compare(sample->items[middle], name) <= 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

/* readings */

static int read_names(Selection *selection, const char *bound, bool samples)
{
        const NameSource *source = selection->source;
        const char *name = NULL;
        int r = source->rewind(source->user);

        selection->below = selection->total = 0;
        clear(&selection->heap);
        while (r >= 0 && (r = source->next(source->user, &name)) > 0) {
                if (samples)
                        r = sample_add(selection, name);
                if (r >= 0 && bound && name_compare(name, bound) <= 0)
                        selection->below++;
                else if (r >= 0)
                        r = heap_add(selection, name);
                selection->total++;
        }
        sort(&selection->heap);
        return r;
}

/* Return: the name to begin above; that of the low anchor where there is nothing better to try. */
static const char *next_bound(const Selection *selection)
{
        const Anchor *low = &selection->low, *high = &selection->high;
        uint64_t margin = (selection->kept - selection->count) / 2;
        uint64_t wanted = selection->index > margin ? selection->index - margin : 0;
        const char *name;
        size_t at;

        if (wanted <= low->rank || wanted >= high->rank || low->at >= high->at)
                return low->name;
        at = low->at +
             (size_t)((wanted - low->rank) * (high->at - low->at) / (high->rank - low->rank));
        if (at <= low->at)
                return low->name;
        name = selection->sample.items[at - 1];
        if ((low->name && name_compare(name, low->name) <= 0) ||
            (high->name && name_compare(name, high->name) >= 0))
                return low->name;
        return name;
}

static int set_anchor(Selection *selection, Anchor *anchor, const char *name, uint64_t rank)
{
        anchor->rank = rank;
        anchor->at = sample_place(&selection->sample, name);
        return replace(&anchor->name, name);
}

/* @certain: what came before the page was counted against the low anchor, and not a guess. */
static bool has_page(const Selection *selection, bool certain)
{
        if (selection->index >= selection->total || selection->count == 0)
                return true;
        if (selection->below > selection->index)
                return certain; /* it was not so before: names have gone meanwhile */
        return selection->heap.n < selection->heap_max ||
               selection->index + selection->count <= selection->below + selection->heap.n;
}

/* Notes what the last reading has found out. */
static int learn(Selection *selection, const char *bound)
{
        uint64_t skip = selection->index - selection->below;
        size_t n = skip < selection->heap.n ? (size_t)skip : selection->heap.n;
        bool too_high = selection->below > selection->index;
        const char *name = too_high ? bound : n > 0 ? selection->heap.items[n - 1] : NULL;

        if (!name)
                return -EINVAL; /* more was asked for than may be kept */
        return too_high ? set_anchor(selection, &selection->high, name, selection->below)
                        : set_anchor(selection, &selection->low, name, selection->below + n);
}

/*
 * Ends: below a guess that was too high there is a smaller one or none, and every other reading
 * raises the low anchor.
 */
static int find_page(Selection *selection)
{
        const char *bound = NULL;
        int r = read_names(selection, bound, selection->sample_max > 0);

        if (r < 0)
                return r;
        sort(&selection->sample);
        selection->high = (Anchor){.rank = selection->total, .at = selection->sample.n};
        while (!has_page(selection, bound == selection->low.name)) {
                r = learn(selection, bound);
                if (r < 0)
                        return r;
                bound = next_bound(selection);
                r = read_names(selection, bound, false);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Takes the page out of the last reading. */
static int take_page(Selection *selection, Names *ret, uint64_t *ret_after)
{
        Names *heap = &selection->heap;
        uint64_t start = selection->index > selection->below ? selection->index : selection->below;
        uint64_t first = start - selection->below;
        uint64_t there = first < heap->n ? heap->n - first : 0;
        Names page = {.n = there < selection->count ? (size_t)there : selection->count};

        page.items = calloc(page.n + 1, sizeof(*page.items));
        if (!page.items)
                return -ENOMEM;
        for (size_t i = 0; i < page.n; i++)
                page.items[i] = moved(heap->items[first + i]);
        *ret = page;
        *ret_after = start < selection->total ? selection->total - start - page.n : 0;
        return 0;
}

int select_names(const NameSource *source, uint64_t index, size_t count, size_t kept, Names *ret,
                 uint64_t *ret_after)
{
        bool near = index + count <= kept;
        Selection selection = {
                .source = source,
                .index = index,
                .count = count,
                .kept = kept,
                .heap_max = near ? (size_t)index + count : kept,
                .sample_max = near ? 0 : kept / 2,
        };
        int r = -ENOMEM;

        selection.heap.items = calloc(selection.heap_max + 1, sizeof(char *));
        selection.sample.items = calloc(selection.sample_max + 1, sizeof(char *));
        if (selection.heap.items && selection.sample.items)
                r = find_page(&selection);
        if (r >= 0)
                r = take_page(&selection, ret, ret_after);
        names_done(&selection.heap);
        names_done(&selection.sample);
        free(selection.low.name);
        free(selection.high.name);
        return r;
}
