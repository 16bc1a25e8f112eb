#include "guestops/instances.h"

#include <search.h>

typedef struct Instance {
        const char *text;
        Guest *guest;
} Instance;

static int compare(const void *a, const void *b)
{
        return strcmp(((const Instance *)a)->text, ((const Instance *)b)->text);
}

Guest *instances_claim(Instances *instances, const char *text, Guest *guest)
{
        Instance *instance = malloc(sizeof(*instance));
        Instance *const *found;

        if (!instance)
                return NULL;
        *instance = (Instance){.text = text, .guest = guest};
        found = tsearch(instance, &instances->root, compare);
        if (found && *found == instance)
                return NULL;
        free(instance);
        return found && (*found)->guest != guest ? (*found)->guest : NULL;
}

void instances_release(Instances *instances, const char *text, const Guest *guest)
{
        const Instance key = {.text = text};
        Instance *const *found = tfind(&key, &instances->root, compare);
        Instance *instance;

        if (!found || (*found)->guest != guest)
                return;
        instance = *found;
        (void)tdelete(instance, &instances->root, compare);
        free(instance);
}
