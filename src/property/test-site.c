#include "property/test-site.h"

#include "base/test-file.h"
#include "wire/read.h"

static const char *const all[] = {"*", NULL};
static const char *const view[] = {"System.View", NULL};
static const UserRole role_admin = {"Admin", all};
static const UserRole role_viewer = {"Viewer", view};

static void on_vm(void *user, Vm *vm, Usec now)
{
        (void)user;
        (void)vm;
        (void)now;
}

static Session *open_session(const Site *site, const UserRole *role)
{
        Session *session = NULL;

        if (session_open(site->sessions, "alice", role, "192.0.2.1", "test", "en", 1, 1, &session) <
            0)
                abort();
        return session;
}

void site_init(Site *site)
{
        const InventoryCallbacks callbacks = {on_vm, on_vm, on_vm, on_vm, NULL};
        const SessionLimits limits = {.idle = USEC_PER_SEC, .max = 10, .max_per_user = 10};

        *site = (Site){0};
        test_directory_make();
        if (loop_new(&site->loop) < 0 ||
            inventory_new(site->loop, "dc", "host.example", &callbacks, &site->inventory) < 0)
                abort();
        site->sessions = sessions_new(site->loop, &limits);
        if (!site->sessions)
                abort();
        site->session = open_session(site, &role_admin);
        site->other = open_session(site, &role_admin);
        site->viewer = open_session(site, &role_viewer);
        site_clear(site);
}

void site_done(Site *site)
{
        inventory_free(site->inventory);
        sessions_free(site->sessions);
        loop_free(site->loop);
        arena_free(site->arena);
        test_directory_remove();
}

void site_clear(Site *site)
{
        static AboutInfo about = {.type = &type_AboutInfo, .name = (char *)"test"};
        static const HostFacts host = {.port = 443};

        arena_free(site->arena);
        site->arena = arena_new(SITE_ARENA_MAX);
        if (!site->arena)
                abort();
        site->context = (PropertyContext){
                .arena = site->arena,
                .inventory = site->inventory,
                .sessions = site->sessions,
                .session = site->session,
                .about = &about,
                .host = &host,
                .wall = 1,
        };
}

void site_machines(Site *site, const char *names)
{
        for (char name = 'a'; name <= 'f'; name++) {
                char file[] = "?.conf", text[256];

                file[0] = name;
                (void)snprintf(text, sizeof(text),
                               "[vm]\nprovider = local\nname = %c\nchannel = %c.sock\n"
                               "uuid = 00000000-0000-4000-8000-00000000000%c\n",
                               name, name, name);
                test_write(file, strchr(names, name) ? text : NULL);
        }
        if (inventory_load(site->inventory, test_directory, 1) < 0)
                abort();
}

Vm *site_machine(const Site *site, char name)
{
        char moid[] = VM_ID("?");
        Vm *vm;

        moid[strlen(moid) - 1] = name;
        vm = inventory_find_vm(site->inventory, moid);
        if (!vm)
                abort();
        return vm;
}

PropertyFilterSpec *site_spec(Site *site, const char *json)
{
        void *spec = NULL;
        WireError error;

        if (json_read(site->arena, json, strlen(json), &type_PropertyFilterSpec, &spec, &error) <
            0) {
                (void)fprintf(stderr, "%s\n%s: %s\n", json, error.path, error.reason);
                abort();
        }
        return spec;
}

const char *site_name(const Object *object)
{
        return object->entity ? object->entity->name : object->type->name;
}

Object site_object(const Site *site, const char *type, const char *moid)
{
        Object object;

        if (object_find_for(site->inventory, site->session, &(Moref){type, moid}, &object) < 0)
                abort();
        return object;
}

const char *site_text(const Site *site, const Buf *text)
{
        const char *copy = arena_strdup(site->arena, text->size ? buf_text((Buf *)text) : "");

        if (!copy)
                abort();
        return copy;
}
