/* Sources of many machines, by a provider of our own that has the name of one. */

#include "base/buf.h"
#include "base/test-file.h"
#include "base/test.h"
#include "inventory/inventory.h"

#define A "00000000-0000-4000-8000-00000000000a"
#define B "00000000-0000-4000-8000-00000000000b"

/* The fake: what each source has is kept here, by the number at its URI's end. */

#define SOURCES 3

struct Provider {
        ProviderCallbacks callbacks;
        struct {
                char uuid[40], name[300];
                VmState state;
        } vms[4];
};

static Provider *sources[SOURCES];

static Provider **find_slot(const VmConfig *config)
{
        return &sources[config->uri[strlen(config->uri) - 1] - '0'];
}

static int fake_open(Loop *loop, const VmConfig *config, const ProviderCallbacks *callbacks,
                     Provider **ret)
{
        Provider *provider = calloc(1, sizeof(*provider));

        (void)loop;
        if (!provider)
                return -ENOMEM;
        provider->callbacks = *callbacks;
        *find_slot(config) = provider;
        *ret = provider;
        return 0;
}

static Provider *fake_close(Provider *provider)
{
        for (size_t i = 0; i < SOURCES; i++)
                if (sources[i] == provider)
                        sources[i] = NULL;
        free(provider);
        return NULL;
}

static void tell_vm(const Provider *provider, size_t i, Usec now)
{
        provider->callbacks.on_vm(provider->callbacks.user,
                                  &(ProviderVm){
                                          .uuid = provider->vms[i].uuid,
                                          .name = provider->vms[i].name,
                                          .state = provider->vms[i].state,
                                  },
                                  now);
}

static void fake_refresh(Provider *provider, Usec now)
{
        for (size_t i = 0; i < ELEMENTS(provider->vms); i++)
                if (provider->vms[i].uuid[0])
                        tell_vm(provider, i, now);
}

static void fake_channel(Provider *provider, const char *uuid, Usec now)
{
        provider->callbacks.on_channel(provider->callbacks.user, uuid, -1,
                                       &(ProviderResult){-ENOENT, "none"}, now);
}

const ProviderType provider_libvirt = {
        .name = "libvirt",
        .many = true,
        .open = fake_open,
        .channel = fake_channel,
        .refresh = fake_refresh,
        .close = fake_close,
};

/* what the inventory tells */

static Buf story;

static void tell(const char *what, const Vm *vm, const char *more)
{
        buf_putf(&story, "%s%s%s%s", story.size ? " " : "", what, vm->entity.name, more);
}

static void on_added(void *user, Vm *vm, Usec now)
{
        (void)user;
        (void)now;
        tell("+", vm, "");
}

static void on_changed(void *user, Vm *vm, Usec now)
{
        (void)user;
        (void)now;
        tell("", vm,
             vm->source->lost                   ? " lost"
             : vm->state.power == VM_POWERED_ON ? " on"
                                                : " off");
}

static void on_guest_changed(void *user, Vm *vm, Usec now)
{
        (void)user;
        (void)now;
        tell("guest of ", vm, "");
}

static void on_removed(void *user, Vm *vm, Usec now)
{
        (void)user;
        (void)now;
        tell("-", vm, "");
}

static void on_channel(void *user, Vm *vm, int fd, const ProviderResult *result, Usec now)
{
        (void)user;
        (void)now;
        EXPECT_INT("none", result->error, -ENOENT);
        EXPECT_INT("none", fd, -1);
        tell("no channel of ", vm, "");
}

static const InventoryCallbacks callbacks = {
        .on_vm_added = on_added,
        .on_vm_changed = on_changed,
        .on_guest_changed = on_guest_changed,
        .on_vm_removed = on_removed,
        .on_channel = on_channel,
};

static const char *told(void)
{
        static char text[512];

        (void)snprintf(text, sizeof(text), "%s", buf_text(&story));
        buf_clear(&story);
        return text;
}

/* what happens */

typedef enum Act {
        ACT_VM,
        ACT_GONE,
        ACT_LOST,
        ACT_FOUND,
        ACT_RESET,
        ACT_REMOVE, /* the source's file */
        ACT_ADD,
} Act;

typedef struct Row {
        const char *about;
        size_t source;
        Act act;
        const char *uuid, *name;
        const char *story;
} Row;

static Inventory *inventory;

static void write_file(size_t source, bool there)
{
        char name[16], text[64];

        (void)snprintf(name, sizeof(name), "%zu.conf", source);
        (void)snprintf(text, sizeof(text), "[vm]\nprovider = libvirt\nuri = test:///%zu\n", source);
        test_write(name, there ? text : NULL);
        EXPECT_INT("load", inventory_load(inventory, test_directory, 1), 0);
}

static void keep(Provider *provider, const Row *row)
{
        size_t i = row->uuid[35] - 'a';

        (void)snprintf(provider->vms[i].uuid, sizeof(provider->vms[i].uuid), "%s", row->uuid);
        (void)snprintf(provider->vms[i].name, sizeof(provider->vms[i].name), "%s", row->name);
        provider->vms[i].state = (VmState){VM_POWERED_ON, true, NULL, NULL};
        tell_vm(provider, i, 1);
}

static void act(const Row *row)
{
        Provider *provider = sources[row->source];
        ProviderCallbacks *to = provider ? &provider->callbacks : NULL;

        switch (row->act) {
        case ACT_VM:
                keep(provider, row);
                break;
        case ACT_GONE:
                provider->vms[row->uuid[35] - 'a'].uuid[0] = '\0';
                to->on_vm_gone(to->user, row->uuid, 1);
                break;
        case ACT_LOST:
        case ACT_FOUND:
                to->on_lost(to->user, row->act == ACT_LOST ? row->name : NULL, 1);
                break;
        case ACT_RESET:
                to->on_guest_changed(to->user, row->uuid, 1);
                break;
        case ACT_REMOVE:
        case ACT_ADD:
                write_file(row->source, row->act == ACT_ADD);
                break;
        }
}

static void play(const Row *rows, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                act(&rows[i]);
                EXPECT_STR(rows[i].about, told(), rows[i].story);
        }
}

#define LONG_X                                                                                     \
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" /* 79 */

static void test_names(void)
{
        static const Row rows[] = {
                {"a source without machines", 1, ACT_ADD, NULL, NULL, ""},
                {"the first", 1, ACT_VM, A, "web", "+web web on"},
                {"the same again", 1, ACT_VM, A, "web", ""},
                {"another name", 1, ACT_VM, A, "www", ""},
                {"with what vSphere escapes", 1, ACT_VM, B, "../..\\%",
                 "+..%2f..%5c%25 ..%2f..%5c%25 on"},
                {"of a tag", 1, ACT_VM, B, "<b>\n", ""},
                {"gone by its name", 1, ACT_GONE, B, NULL, "-<b>?"},
                {"too long", 1, ACT_VM, B, LONG_X "xx", "+" LONG_X "x " LONG_X "x on"},
                {"cut at a character", 1, ACT_VM, B, LONG_X "\xc3\xa4", ""},
                {"and gone", 1, ACT_GONE, B, NULL, "-" LONG_X},
                {"cut at an escape", 1, ACT_VM, B, LONG_X "/", "+" LONG_X " " LONG_X " on"},
                {"not UTF-8", 1, ACT_VM, B, "a\xff", ""},
                {"told as such", 1, ACT_RESET, B, NULL, "guest of a?"},
                {"the same as another's", 1, ACT_VM, B, "www", ""},
                {"told by its uuid", 1, ACT_GONE, B, NULL, "-www"},
                {"one that is not there", 1, ACT_GONE, B, NULL, ""},
                {"nor is its guest", 1, ACT_RESET, B, NULL, ""},
                {"all of it", 1, ACT_REMOVE, NULL, NULL, "-www"},
        };

        play(rows, ELEMENTS(rows));
}

static void test_two_sources(void)
{
        static const Row rows[] = {
                {"the first", 1, ACT_ADD, NULL, NULL, ""},
                {"the second", 2, ACT_ADD, NULL, NULL, ""},
                {"has it first", 1, ACT_VM, A, "web", "+web web on"},
                {"and another as well", 2, ACT_VM, A, "copy", ""},
                {"which counts for nothing", 2, ACT_RESET, A, NULL, ""},
                {"nor when it goes", 2, ACT_GONE, A, NULL, ""},
                {"and comes", 2, ACT_VM, A, "copy", ""},
                {"it moves to there", 1, ACT_GONE, A, NULL, "-web +copy copy on"},
                {"and may come back", 1, ACT_VM, A, "web", ""},
                {"with its source's end", 2, ACT_REMOVE, NULL, NULL, "-copy +web web on"},
                {"the end", 1, ACT_REMOVE, NULL, NULL, "-web"},
        };

        play(rows, ELEMENTS(rows));
}

static void test_lost(void)
{
        static const Row rows[] = {
                {"a source", 1, ACT_ADD, NULL, NULL, ""},
                {"and another", 2, ACT_ADD, NULL, NULL, ""},
                {"a machine", 1, ACT_VM, A, "a", "+a a on"},
                {"and another's", 2, ACT_VM, B, "b", "+b b on"},
                {"lost", 1, ACT_LOST, NULL, "it is gone", "a lost"},
                {"for another reason", 1, ACT_LOST, NULL, "it is broken", "a lost"},
                {"told while lost", 1, ACT_VM, A, "a", ""},
                {"found", 1, ACT_FOUND, NULL, NULL, "a on"},
                {"lost again", 1, ACT_LOST, NULL, "again", "a lost"},
                {"gone while lost", 1, ACT_GONE, A, NULL, "-a"},
                {"removed while lost", 1, ACT_REMOVE, NULL, NULL, ""},
                {"the other", 2, ACT_REMOVE, NULL, NULL, "-b"},
        };

        play(rows, ELEMENTS(rows));
}

static void test_channel_and_lost_text(void)
{
        ProviderCallbacks *to;
        Vm *vm;

        write_file(1, true);
        keep(sources[1], &(Row){.uuid = A, .name = "a"});
        vm = inventory_find_uuid(inventory, A);
        EXPECT("it is there", vm != NULL);
        (void)told();
        if (vm) {
                inventory_open_channel(vm, 1);
                EXPECT_STR("its channel", told(), "no channel of a");
                to = &sources[1]->callbacks;
                to->on_channel(to->user, B, open("/dev/null", O_RDONLY | O_CLOEXEC),
                               &(ProviderResult){0}, 1);
                EXPECT_STR("nobody's channel", told(), "");
                to->on_lost(to->user, "libvirt at x: gone", 1);
                EXPECT_STR("why", vm->source->lost, "libvirt at x: gone");
        }
        write_file(1, false);
        (void)told();
}

int main(void)
{
        _cleanup_(loop_freep) Loop *loop = NULL;

        test_directory_make();
        EXPECT_INT("loop", loop_new(&loop), 0);
        EXPECT_INT("new", inventory_new(loop, "dc", "host", &callbacks, &inventory), 0);
        test_names();
        test_two_sources();
        test_lost();
        test_channel_and_lost_text();
        inventory_free(inventory);
        for (size_t i = 0; i < SOURCES; i++)
                EXPECT("closed", !sources[i]);
        buf_done(&story);
        test_directory_remove();
        return test_end();
}
