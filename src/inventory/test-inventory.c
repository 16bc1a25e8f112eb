/* Machines and their files: what is wrong in one, and what a second look at them changes. */

#include "base/buf.h"
#include "base/test-file.h"
#include "base/test.h"
#include "inventory/inventory.h"
#include "inventory/vm-config.h"

#define UUID_A  "4c4c4544-0031-4210-8031-b2c04f4d4d32"
#define UUID_B  "00000000-0000-4000-8000-00000000000b"
#define UPPER_A "4C4C4544-0031-4210-8031-B2C04F4D4D32"
#define FILE_A  "[vm]\nprovider = local\nname = a\nuuid = " UUID_A "\nchannel = a.sock\n"
#define NOWHERE "[vm]\nprovider = static\nname = s\nuuid = " UUID_A "\n"
#define FILE_B  "[vm]\nprovider = local\nname = b\nuuid = " UUID_B "\nchannel = b.sock\n"
#define DIGITS  "01234567890123456789"

/* one file */

static void test_files(void)
{
        static const struct {
                const char *about, *provider, *name, *uuid, *qmp, *channel; /* NULL: no such line */
                bool good;
        } rows[] = {
                {"local", "local", "a", UUID_A, NULL, "/run/a", true},
                {"qmp", "qmp", "a", UUID_A, "/run/q", "/run/a", true},
                {"local does not need qmp", "local", "a", UUID_A, "/run/q", "/run/a", true},
                {"an upper-case UUID", "local", "a", UPPER_A, NULL, "/run/a", true},
                {"a relative path", "local", "a", UUID_A, NULL, "a.sock", true},
                {"blanks in the name", "local", "web server 1", UUID_A, NULL, "/run/a", true},
                {"a name in UTF-8", "local", "K\xc3\xb6ln", UUID_A, NULL, "/run/a", true},
                {"the longest name", "local", DIGITS DIGITS DIGITS DIGITS, UUID_A, NULL, "/run/a",
                 true},
                {"the longest path", "local", "a", UUID_A, NULL,
                 "/" DIGITS DIGITS DIGITS DIGITS DIGITS "123456", true},

                {"no provider", NULL, "a", UUID_A, NULL, "/run/a", false},
                {"an unknown provider", "esx", "a", UUID_A, NULL, "/run/a", false},
                {"an empty provider", "", "a", UUID_A, NULL, "/run/a", false},
                {"no name", "local", NULL, UUID_A, NULL, "/run/a", false},
                {"an empty name", "local", "", UUID_A, NULL, "/run/a", false},
                {"a slash in the name", "local", "a/b", UUID_A, NULL, "/run/a", false},
                {"a name in Latin-1", "local", "K\xf6ln", UUID_A, NULL, "/run/a", false},
                {"a name too long", "local", DIGITS DIGITS DIGITS DIGITS "0", UUID_A, NULL,
                 "/run/a", false},
                {"no UUID", "local", "a", NULL, NULL, "/run/a", false},
                {"a UUID too short", "local", "a", "4c4c4544-0031-4210-8031-b2c04f4d4d3", NULL,
                 "/run/a", false},
                {"a UUID too long", "local", "a", UUID_A "2", NULL, "/run/a", false},
                {"a UUID in braces", "local", "a", "{" UUID_A "}", NULL, "/run/a", false},
                {"a UUID without dashes", "local", "a", "4c4c454400314210803100b2c04f4d4d3200",
                 NULL, "/run/a", false},
                {"a UUID with dashes elsewhere", "local", "a",
                 "4c4c45440-031-4210-8031-b2c04f4d4d32", NULL, "/run/a", false},
                {"a UUID with a g", "local", "a", "4c4c4544-0031-4210-8031-b2c04f4d4d3g", NULL,
                 "/run/a", false},
                {"no channel", "local", "a", UUID_A, NULL, NULL, false},
                {"a path too long", "local", "a", UUID_A, NULL,
                 "/" DIGITS DIGITS DIGITS DIGITS DIGITS "1234567", false},
                {"qmp without qmp", "qmp", "a", UUID_A, NULL, "/run/a", false},
                {"qmp too long", "qmp", "a", UUID_A,
                 "/" DIGITS DIGITS DIGITS DIGITS DIGITS "1234567", "/run/a", false},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(vm_config_freep) VmConfig *config = NULL;
                _cleanup_(buf_done) Buf text = {0};
                const struct {
                        const char *key, *value;
                } lines[] = {
                        {"provider", rows[i].provider}, {"name", rows[i].name},
                        {"uuid", rows[i].uuid},         {"qmp", rows[i].qmp},
                        {"channel", rows[i].channel},
                };

                buf_puts(&text, "[vm]\n");
                for (size_t k = 0; k < ELEMENTS(lines); k++)
                        if (lines[k].value)
                                buf_putf(&text, "%s = %s\n", lines[k].key, lines[k].value);
                test_write("one.conf", buf_text(&text));
                EXPECT_INT(rows[i].about, vm_config_load(test_path("one.conf"), &config),
                           rows[i].good ? 0 : -EINVAL);
                if (!config)
                        continue;
                EXPECT_STR(rows[i].about, config->path, test_path("one.conf"));
                EXPECT_STR(rows[i].about, config->name, rows[i].name);
                EXPECT_STR(rows[i].about, config->uuid, UUID_A);
                EXPECT_STR(rows[i].about, config->qmp, rows[i].qmp);
                EXPECT_STR(rows[i].about, config->channel,
                           *rows[i].channel == '/' ? rows[i].channel : test_path(rows[i].channel));
                EXPECT_STR(rows[i].about, vm_config_provider(config)->name, rows[i].provider);
        }
        test_write("one.conf", NULL);
}

static void test_other_files(void)
{
        static const struct {
                const char *about, *text;
                int result;
        } rows[] = {
                {"good", FILE_A, 0},
                {"no file", NULL, -ENOENT},
                {"a QEMU that stays", FILE_A "shutdown = pause\n", 0},
                {"a QEMU that ends", FILE_A "shutdown = poweroff\n", 0},
                {"a QEMU that does something else", FILE_A "shutdown = reset\n", -EINVAL},
                {"static", NOWHERE "channel = v.sock\n", 0},
                {"the vsock of a VMM", NOWHERE "channel = v.sock\nvsock_port = 1023\n", 0},
                {"vsock", NOWHERE "vsock_cid = 3\n", 0},
                {"vsock at the last address", NOWHERE "vsock_cid = 4294967294\n", 0},
                {"vsock at another port", NOWHERE "vsock_cid = 3\nvsock_port = 1\n", 0},
                {"no way", NOWHERE, -EINVAL},
                {"a port of nothing", NOWHERE "vsock_port = 869\n", -EINVAL},
                {"two ways", NOWHERE "channel = v.sock\nvsock_cid = 3\n", -EINVAL},
                {"the host's own address", NOWHERE "vsock_cid = 2\n", -EINVAL},
                {"everybody's address", NOWHERE "vsock_cid = 4294967295\n", -EINVAL},
                {"a port for everybody", NOWHERE "vsock_cid = 3\nvsock_port = 1024\n", -EINVAL},
                {"port 0", NOWHERE "vsock_cid = 3\nvsock_port = 0\n", -EINVAL},
                {"an empty file", "", -EINVAL},
                {"an unknown key", FILE_A "memory = 4\n", -EINVAL},
                {"an unknown section", FILE_A "[disk]\nname = x\n", -EINVAL},
                {"no configuration", "Hello!\n", -EINVAL},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(vm_config_freep) VmConfig *config = NULL;

                test_write("one.conf", rows[i].text);
                EXPECT_INT(rows[i].about, vm_config_load(test_path("one.conf"), &config),
                           rows[i].result);
        }
        test_write("one.conf", NULL);
}

static void test_equal(void)
{
        static char one[] = "1", same[] = "1", other[] = "2";
        static const struct {
                const char *about;
                VmConfig a, b;
                bool equal;
        } rows[] = {
                {"nothing", {0}, {0}, true},
                {"another file", {.path = one}, {.path = other}, true},
                {"all the same",
                 {one, one, one, one, one, one, one},
                 {one, same, same, same, same, same, same},
                 true},
                {"provider", {.provider = one}, {.provider = other}, false},
                {"name", {.name = one}, {.name = other}, false},
                {"uuid", {.uuid = one}, {.uuid = other}, false},
                {"qmp", {.qmp = one}, {.qmp = other}, false},
                {"qmp is new", {0}, {.qmp = one}, false},
                {"uri", {.uri = one}, {.uri = other}, false},
                {"qmp is gone", {.qmp = one}, {0}, false},
                {"channel", {.channel = one}, {.channel = other}, false},
                {"vsock_cid", {.vsock_cid = 3}, {.vsock_cid = 4}, false},
                {"vsock_port", {.vsock_port = 1}, {.vsock_port = 2}, false},
                {"shutdown", {.shutdown = one}, {.shutdown = other}, false},
                {"shutdown is new", {0}, {.shutdown = one}, false},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++)
                EXPECT(rows[i].about, vm_config_equal(&rows[i].a, &rows[i].b) == rows[i].equal);
}

/* all of them */

static Buf story; /* of the callbacks */

static void tell(const char *what, const Vm *vm)
{
        buf_putf(&story, "%s%s%s", story.size ? " " : "", what, vm->entity.name);
}

static void on_added(void *user, Vm *vm, Usec now)
{
        (void)now;
        EXPECT("the user of the callbacks", user == &story);
        EXPECT("not on yet", vm->state.power == VM_POWERED_OFF && !vm->guest);
        tell("+", vm);
}

static void on_changed(void *user, Vm *vm, Usec now)
{
        (void)user;
        (void)now;
        tell(vm_power_name(vm->state.power), vm);
}

static void on_guest_changed(void *user, Vm *vm, Usec now)
{
        (void)user;
        (void)now;
        tell("guest of ", vm);
}

static void on_removed(void *user, Vm *vm, Usec now)
{
        (void)user;
        (void)now;
        tell("-", vm);
}

static void on_channel(void *user, Vm *vm, int fd, const ProviderResult *result, Usec now)
{
        (void)user;
        (void)now;
        EXPECT_INT("nobody listens", result->error, -ENOENT);
        EXPECT_INT("nothing is open", fd, -1);
        tell("no channel of ", vm);
}

static void on_channel_there(void *user, Vm *vm, Usec now)
{
        (void)user;
        (void)now;
        tell("a channel of ", vm);
}

static const InventoryCallbacks callbacks = {
        .on_vm_added = on_added,
        .on_vm_changed = on_changed,
        .on_guest_changed = on_guest_changed,
        .on_vm_removed = on_removed,
        .on_channel = on_channel,
        .on_channel_there = on_channel_there,
        .user = &story,
};

/* What happened since the last time. */
static const char *told(void)
{
        static char text[512];

        (void)snprintf(text, sizeof(text), "%s", buf_text(&story));
        buf_clear(&story);
        return text;
}

static void test_load(void)
{
        static const struct {
                const char *about;
                const char *a, *b, *c; /* content of these files, NULL: there is none */
                const char *story;
        } rows[] = {
                {"nothing", NULL, NULL, NULL, ""},
                {"two", FILE_A, FILE_B, NULL, "+a poweredOna +b poweredOnb"},
                {"the same again", FILE_A, FILE_B, NULL, ""},
                {"a file of another name", NULL, FILE_B, FILE_A, ""},
                {"one is gone", FILE_A, NULL, NULL, "-b"},
                {"it comes back", FILE_A, FILE_B, NULL, "+b poweredOnb"},
                {"a comment", "# hello\n" FILE_A, FILE_B, NULL, ""},
                {"another channel", FILE_A "channel = c.sock\n", FILE_B, NULL, "-a +a poweredOna"},
                {"another name", FILE_A "name = new\n", FILE_B, NULL, "-a +new poweredOnnew"},
                {"another UUID", FILE_A "uuid = 00000000-0000-4000-8000-00000000000c\n", FILE_B,
                 NULL, "-new +a poweredOna"},
                {"a UUID twice", FILE_A "uuid = " UUID_B "\n", FILE_B, NULL, "-a"},
                {"all right again", FILE_A, FILE_B, NULL, "+a poweredOna"},
                {"one that is wrong", FILE_A, "[vm]\n", NULL, "-b"},
                {"a UUID twice, spelled otherwise", FILE_A,
                 "[vm]\nprovider = local\nname = b\nuuid = " UPPER_A "\nchannel = b.sock\n", NULL,
                 ""},
                {"no more", NULL, NULL, NULL, "-a"},
                {"a UUID twice from the beginning", FILE_A, NULL, FILE_A "name = c\n",
                 "+a poweredOna"},
                {"the second takes its place", NULL, NULL, FILE_A "name = c\n", "-a +c poweredOnc"},
                {"and keeps it", FILE_A, NULL, FILE_A "name = c\n", ""},
                {"none at all", NULL, NULL, NULL, "-c"},
        };
        _cleanup_(loop_freep) Loop *loop = NULL;
        _cleanup_(inventory_freep) Inventory *inventory = NULL;

        EXPECT_INT("loop", loop_new(&loop), 0);
        EXPECT_INT("new", inventory_new(loop, "dc", "host.example", &callbacks, &inventory), 0);
        EXPECT_INT("no directory", inventory_load(inventory, "/nonexistent", 1), -ENOENT);
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                test_write("a.conf", rows[i].a);
                test_write("b.conf", rows[i].b);
                test_write("c.conf", rows[i].c);
                test_write("d.conf.old", FILE_A);
                test_write(".e.conf", FILE_B);
                EXPECT_INT(rows[i].about, inventory_load(inventory, test_directory, 1), 0);
                EXPECT_STR(rows[i].about, told(), rows[i].story);
        }
        test_write("d.conf.old", NULL);
        test_write(".e.conf", NULL);
}

static void test_tree(void)
{
        static const struct {
                const char *type, *moid, *name, *parent; /* name NULL: there is none */
        } rows[] = {
                {"Folder", "group-d1", "Datacenters", NULL},
                {"Datacenter", "datacenter-2", "dc", "group-d1"},
                {"Folder", "group-v3", "vm", "datacenter-2"},
                {"Folder", "group-h4", "host", "datacenter-2"},
                {"Folder", "group-s5", "datastore", "datacenter-2"},
                {"Folder", "group-n6", "network", "datacenter-2"},
                {"ComputeResource", "domain-c7", "host.example", "group-h4"},
                {"ResourcePool", "resgroup-8", "Resources", "domain-c7"},
                {"HostSystem", "host-9", "host.example", "domain-c7"},
                {"VirtualMachine", "vm-" UUID_A, "a", "group-v3"},
                {NULL, "vm-" UUID_B, "b", "group-v3"},
                {NULL, "group-d1", "Datacenters", NULL},
                {"Folder", "vm-" UUID_A, NULL, NULL},
                {"VirtualMachine", "group-v3", NULL, NULL},
                {"VirtualMachine", "vm-" UPPER_A, NULL, NULL},
                {"VirtualMachine", "vm-", NULL, NULL},
                {"VirtualMachine", UUID_A, NULL, NULL},
                {NULL, "", NULL, NULL},
                {"Nonsense", "group-d1", NULL, NULL},
        };
        static const char *const folders[] = {"vm", "host", "datastore", "network"};
        _cleanup_(loop_freep) Loop *loop = NULL;
        _cleanup_(inventory_freep) Inventory *inventory = NULL;
        Entity *entity;
        Vm *vm;

        test_write("a.conf", FILE_A);
        test_write("b.conf", FILE_B);
        EXPECT_INT("loop", loop_new(&loop), 0);
        EXPECT_INT("new", inventory_new(loop, "dc", "host.example", &callbacks, &inventory), 0);
        EXPECT_INT("load", inventory_load(inventory, test_directory, 1), 0);
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                entity = inventory_find(inventory, rows[i].type, rows[i].moid);
                EXPECT_STR(rows[i].moid, entity ? entity->name : NULL, rows[i].name);
                EXPECT_STR(rows[i].moid, entity && entity->parent ? entity->parent->moid : NULL,
                           rows[i].parent);
                EXPECT_STR(rows[i].moid, entity ? entity->moid : NULL,
                           rows[i].name ? rows[i].moid : NULL);
        }
        EXPECT("root", inventory_root(inventory) == inventory_find(inventory, NULL, "group-d1"));
        for (size_t i = 0; i < ELEMENTS(folders); i++)
                EXPECT_STR(folders[i], inventory_folder(inventory, folders[i])->name, folders[i]);
        EXPECT("no such folder", !inventory_folder(inventory, "vms"));
        EXPECT("no machine", !inventory_find_vm(inventory, "group-v3"));
        EXPECT("no such uuid", !inventory_find_uuid(inventory, UPPER_A));
        EXPECT("far too long", !inventory_find_uuid(inventory, UUID_A UUID_A UUID_A));
        EXPECT_STR("host", inventory_host(inventory)->moid, "host-9");
        EXPECT_STR("pool", inventory_resource_pool(inventory)->moid, "resgroup-8");
        EXPECT_STR("both", inventory_compute_resource(inventory)->moid, "domain-c7");
        EXPECT("no tasks", !inventory_next_task(inventory, NULL));

        vm = inventory_find_vm(inventory, "vm-" UUID_A);
        EXPECT("in its folder", vm && vm->entity.parent == inventory_folder(inventory, "vm"));
        if (vm) {
                EXPECT_STR("type", vm->entity.type->name, "VirtualMachine");
                EXPECT_STR("uuid", vm->uuid, UUID_A);
                EXPECT("by its uuid", inventory_find_uuid(inventory, UUID_A) == vm);
                EXPECT("its processors are counted", vm->num_cpu > 0 && vm->memory_mb > 0);
                EXPECT("its file has a time", vm->source->config->modified > 0);
                EXPECT("it runs", vm->state.power == VM_POWERED_ON && vm->state.runs);
                buf_clear(&story);
                inventory_open_channel(vm, 2);
                EXPECT_STR("its agent is not there", told(), "no channel of a");
        }
        buf_clear(&story);
        inventory_clear(inventory, 2);
        EXPECT_STR("all are removed", told(), "-a -b");
        EXPECT("and gone", !inventory_find(inventory, NULL, "vm-" UUID_A));
        EXPECT("the folder is empty", TAILQ_EMPTY(&inventory_folder(inventory, "vm")->children));
        EXPECT_INT("again", inventory_load(inventory, test_directory, 3), 0);
        EXPECT("the same id", inventory_find_vm(inventory, "vm-" UUID_A) != NULL);
        test_write("a.conf", NULL);
        test_write("b.conf", NULL);
        buf_clear(&story);
        inventory = inventory_free(inventory);
        EXPECT_STR("free removes them", told(), "-a -b");
}

static void test_power_names(void)
{
        EXPECT_STR("off", vm_power_name(VM_POWERED_OFF), "poweredOff");
        EXPECT_STR("on", vm_power_name(VM_POWERED_ON), "poweredOn");
        EXPECT_STR("suspended", vm_power_name(VM_SUSPENDED), "suspended");
}

int main(void)
{
        test_directory_make();
        test_files();
        test_other_files();
        test_equal();
        test_load();
        test_tree();
        test_power_names();
        EXPECT("inventory_free(NULL)", inventory_free(NULL) == NULL);
        buf_done(&story);
        test_directory_remove();
        return test_end();
}
