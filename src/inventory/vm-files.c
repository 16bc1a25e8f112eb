/* The configuration files, each a source of machines. */

#include "inventory/inventory-private.h"

#include "base/log.h"
#include "inventory/vm-config.h"

#include <glob.h>
#include <search.h>
#include <stdio.h>

typedef struct FoundFile {
        VmConfig *config; /* NULL: its source is at work already */
        const char *key;  /* of @config, or of that source */
} FoundFile;

typedef struct Found {
        FoundFile *items; /* by path */
        size_t n;
        void *by_key; /* tsearch(3), of pointers to items */
} Found;

static void leave(void *item)
{
        (void)item;
}

static void found_done(Found *found)
{
        tdestroy(found->by_key, leave);
        for (size_t i = 0; i < found->n; i++)
                vm_config_free(found->items[i].config);
        free(found->items);
}

static int compare_key(const void *a, const void *b)
{
        return strcmp(((const FoundFile *)a)->key, ((const FoundFile *)b)->key);
}

static FoundFile *find_same(const Found *found, const VmConfig *config)
{
        const FoundFile same = {.key = vm_config_key(config)};
        FoundFile *const *item = tfind(&same, &found->by_key, compare_key);

        return item ? *item : NULL;
}

static int add_config(Found *found, VmConfig *config)
{
        FoundFile *item = &found->items[found->n++];

        *item = (FoundFile){.config = config, .key = vm_config_key(config)};
        return tsearch(item, &found->by_key, compare_key) ? 0 : -ENOMEM;
}

/* Two files, one machine: what is at work already stays. */
static bool is_known(const Inventory *inventory, const VmConfig *config)
{
        const VmSource *source;

        TAILQ_FOREACH (source, &inventory->sources, entry)
                if (strcmp(source->config->path, config->path) == 0)
                        return strcmp(vm_config_key(source->config), vm_config_key(config)) == 0;
        return false;
}

static int find_file(const Inventory *inventory, Found *found, const char *path)
{
        _cleanup_(vm_config_freep) VmConfig *config = NULL;
        FoundFile *other;

        if (vm_config_load(path, &config) < 0)
                return 0;
        other = find_same(found, config);
        if (!other)
                return add_config(found, moved(config));
        if (is_known(inventory, config)) {
                VmConfig *first = other->config;

                other->config = config;
                other->key = vm_config_key(config);
                config = first;
        }
        log_error("%s: has the uuid or uri of %s and is left out", config->path,
                  other->config->path);
        return 0;
}
static int find_files(const Inventory *inventory, const char *directory, Found *found)
{
        _cleanup_(freep) char *pattern = NULL;
        glob_t paths = {0};
        int r;

        if (access(directory, R_OK | X_OK) < 0)
                return -errno;
        if (asprintf(&pattern, "%s/*.conf", directory) < 0)
                return -ENOMEM;
        r = glob(pattern, 0, NULL, &paths);
        if (r != 0)
                return r == GLOB_NOMATCH ? 0 : -EIO;
        found->items = calloc(paths.gl_pathc, sizeof(*found->items));
        r = found->items ? 0 : -ENOMEM;
        for (size_t i = 0; r >= 0 && i < paths.gl_pathc; i++)
                r = find_file(inventory, found, paths.gl_pathv[i]);
        globfree(&paths);
        return r;
}

int inventory_load(Inventory *inventory, const char *directory, Usec now)
{
        _cleanup_(found_done) Found found = {0};
        VmSource *source, *next;
        FoundFile *item;
        int r;

        r = find_files(inventory, directory, &found);
        if (r < 0)
                return r;
        for (source = TAILQ_FIRST(&inventory->sources); source; source = next) {
                next = TAILQ_NEXT(source, entry);
                item = find_same(&found, source->config);
                if (!item || !vm_config_equal(item->config, source->config)) {
                        source_remove(source, now);
                        continue;
                }
                item->key = vm_config_key(source->config);
                item->config = vm_config_free(item->config);
        }
        for (size_t i = 0; i < found.n; i++)
                if (found.items[i].config)
                        (void)source_add(inventory, moved(found.items[i].config), now);
        return 0;
}
