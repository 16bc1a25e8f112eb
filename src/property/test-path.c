/* Which paths there are, what stands at their ends, and the tables that say so. */

#include "base/test.h"
#include "property/path.h"
#include "property/tables.h"
#include "wire/write.h"

#define UUID       "4c4c4544-0031-4210-8031-b2c04f4d4d32"
#define SEGMENT_64 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl"

static void test_check(void)
{
        static const struct {
                const char *type, *path;
                const char *property; /* that it begins with; NULL: it is no path */
        } rows[] = {
                {"VirtualMachine", "name", "name"}, /* inherited */
                {"VirtualMachine", "guest", "guest"},
                {"VirtualMachine", "guest.toolsStatus", "guest"},
                {"VirtualMachine", "guest.screen.width", "guest"},
                {"VirtualMachine", "runtime.host", "runtime"},
                {"VirtualMachine", "config.hardware.numCPU", "config"},
                {"VirtualMachine", "summary.storage.committed", "summary"},
                {"VirtualMachine", "layoutEx.file", "layoutEx"}, /* of a type that we lack */
                {"VirtualMachine", "layoutEx.", NULL},
                {"VirtualMachine", "parentVApp.name", NULL},
                {"HostSystem", "config.virtualNicManagerInfo.netConfig", "config"},
                {"HostSystem", "summary.config.sslThumbprint", "summary"},
                {"VirtualApp", "resourcePool", "resourcePool"},
                {"DistributedVirtualSwitch", "summary.hostMember", "summary"},
                {"ManagedEntity", "name", "name"},
                {"ManagedEntity", "guest", NULL}, /* of a type that derives from it */
                {"Folder", "childEntity", "childEntity"},
                {"Folder", "childEntity.name", NULL}, /* through a reference */
                {"Task", "info.error.fault.faultMessage", "info"},
                {"Task", "info.reason.userName", "info"}, /* of a type derived from TaskReason */
                {"Task", "info.reason.userNames", NULL},
                {"Task", "info.error.fault.file", "info"},
                {"Task", "info.result.whatever.else", "info"}, /* anyType */
                {"Task", "info.result..else", NULL},
                {"Task", "name", NULL},
                {"SessionManager", "currentSession.userName", "currentSession"},
                {"SessionManager", "Login", NULL},
                {"VirtualMachine", "", NULL},
                {"VirtualMachine", ".", NULL},
                {"VirtualMachine", ".name", NULL},
                {"VirtualMachine", "name.", NULL},
                {"VirtualMachine", "guest.", NULL},
                {"VirtualMachine", "guest..toolsStatus", NULL},
                {"VirtualMachine", "guest.toolsStatus.", NULL},
                {"VirtualMachine", "guest.toolsStatus.more", NULL},
                {"VirtualMachine", "guest.net.network", NULL}, /* of an array's items */
                {"VirtualMachine", "guest.net[4000]", NULL},
                {"VirtualMachine", "guest.noSuch", NULL},
                {"VirtualMachine", "Guest", NULL},
                {"VirtualMachine", "guest ", NULL},
                {"VirtualMachine", "gues", NULL},
                {"VirtualMachine", "guest._typeName", NULL},
                {"VirtualMachine", SEGMENT_64, NULL},
                {"VirtualMachine", "guest." SEGMENT_64, NULL},
                {"GuestProcessManager", "name", NULL}, /* has none at all */
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                const Property *property =
                        property_check(managed_type_find(rows[i].type), rows[i].path);

                EXPECT_STR(rows[i].path, property ? property->name : NULL, rows[i].property);
        }
}

static VmConfig vm_config = {.path = (char *)"/web.conf", .modified = 1000000};
static VmSource vm_source = {.config = &vm_config, .type = &provider_local};

static Vm vm = {
        .entity = {.moid = (char *)"vm-1", .name = (char *)"web"},
        .uuid = (char *)UUID,
        .num_cpu = 4,
        .source = &vm_source,
        .facts = {.seen = true,
                  .known = true,
                  .ready = true,
                  .version = "1.2",
                  .host_name = "web.example"},
};

static Inventory *inventory;

static const VmTask vm_task = {
        .moid = "task-1",
        .vm_moid = (char *)"vm-1",
        .vm_name = (char *)"web",
        .name = "snapshot",
        .started = 1000000,
        .number = 1,
};

static void test_read(void)
{
        static const struct {
                const char *type, *path;
                int r;
                const char *json;
        } rows[] = {
                {"VirtualMachine", "name", 1, "{\"_typeName\":\"string\",\"_value\":\"web\"}"},
                {"VirtualMachine", "parent", 0, ""},
                {"VirtualMachine", "runtime.powerState", 1,
                 "{\"_typeName\":\"VirtualMachinePowerState\",\"_value\":\"poweredOn\"}"},
                {"VirtualMachine", "summary.config.uuid", 1,
                 "{\"_typeName\":\"string\",\"_value\":\"" UUID "\"}"},
                {"VirtualMachine", "summary.config.memorySizeMB", 0, ""},
                {"VirtualMachine", "summary.storage.committed", 0, ""},
                {"VirtualMachine", "config.hardware.numCPU", 1,
                 "{\"_typeName\":\"int\",\"_value\":4}"},
                {"VirtualMachine", "config.hardware.device", 1,
                 "{\"_typeName\":\"ArrayOfVirtualDevice\",\"_value\":[]}"},
                {"VirtualMachine", "config.extraConfig", 1,
                 "{\"_typeName\":\"ArrayOfOptionValue\",\"_value\":[]}"},
                {"VirtualMachine", "config.annotation", 0, ""},
                {"VirtualMachine", "config.version", 1,
                 "{\"_typeName\":\"string\",\"_value\":\"\"}"},
                {"VirtualMachine", "datastore", 1,
                 "{\"_typeName\":\"ArrayOfManagedObjectReference\",\"_value\":[]}"},
                {"VirtualMachine", "layoutEx.file", 0, ""},
                {"VirtualMachine", "runtime.onlineStandby", 1,
                 "{\"_typeName\":\"boolean\",\"_value\":false}"},
                {"VirtualMachine", "runtime.bootTime", 0, ""},
                {"VirtualMachine", "guest.guestOperationsReady", 1,
                 "{\"_typeName\":\"boolean\",\"_value\":true}"},
                {"VirtualMachine", "guest.hostName", 1,
                 "{\"_typeName\":\"string\",\"_value\":\"web.example\"}"},
                {"VirtualMachine", "guest.toolsStatus", 1,
                 "{\"_typeName\":\"VirtualMachineToolsStatus\",\"_value\":\"toolsOk\"}"},
                {"VirtualMachine", "guest.net", 1,
                 "{\"_typeName\":\"ArrayOfGuestNicInfo\",\"_value\":[]}"},
                {"VirtualMachine", "guest.screen", 0, ""},
                {"VirtualMachine", "guest.screen.width", 0, ""},
                {"VirtualMachine", "guest.screen.depth", -ENOENT, ""},
                {"VirtualMachine", "guest.noSuch", -ENOENT, ""},
                {"VirtualMachine", "noSuch", -ENOENT, ""},
                {"VirtualMachine", "", -ENOENT, ""},
                {"Task", "info.reason", 1, "{\"_typeName\":\"TaskReasonSystem\"}"},
                {"Task", "info.reason.userName", 0, ""}, /* of another reason */
                {"Task", "info.eventChainId", 1, "{\"_typeName\":\"int\",\"_value\":1}"},
                {"Task", "info.startTime", 1,
                 "{\"_typeName\":\"dateTime\",\"_value\":\"1970-01-01T00:00:01Z\"}"},
                {"Task", "info.completeTime", 0, ""},
                {"Task", "info.progress", 0, ""},
                {"Task", "info.result", 0, ""},
                {"Task", "info.result.more", 0, ""},
                {"Task", "info.error.fault.faultMessage", 0, ""},
                {"Task", "info.entity", 1,
                 "{\"_typeName\":\"ManagedObjectReference\",\"type\":\"VirtualMachine\","
                 "\"value\":\"vm-1\"}"},
        };
        _cleanup_(arena_freep) Arena *arena = arena_new(1 << 20);
        const PropertyContext context = {.arena = arena, .inventory = inventory};

        vm.state = (VmState){.power = VM_POWERED_ON, .runs = true};
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                const Object object = {
                        .type = managed_type_find(rows[i].type),
                        .entity = &vm.entity,
                        .task = &vm_task,
                };
                _cleanup_(buf_done) Buf json = {.max = 4096};
                WireAny value = {0};

                EXPECT_INT(rows[i].path, property_read(&context, &object, rows[i].path, &value),
                           rows[i].r);
                if (value.form != FORM_NONE)
                        json_write(&json, FORM_ANY, &value);
                EXPECT_STR(rows[i].path, buf_text(&json), rows[i].json);
        }
}

static void test_no_memory(void)
{
        const Object object = {.type = managed_type_find("VirtualMachine"), .entity = &vm.entity};
        WireAny value = {0};
        int r = 0;

        for (size_t max = 0; max < 8192; max += 64) {
                _cleanup_(arena_freep) Arena *arena = arena_new(max);
                const PropertyContext context = {.arena = arena, .inventory = inventory};

                r = property_read(&context, &object, "runtime.connectionState", &value);
                EXPECT("enough, or not", r == 1 || r == -ENOMEM);
        }
        EXPECT_INT("enough in the end", r, 1);
}

/* What is not known of a machine is told by this one, and the rest is as it was last known. */
static void test_lost(void)
{
        static char why[] = "libvirtd does not answer";
        const Object object = {.type = managed_type_find("VirtualMachine"), .entity = &vm.entity};
        static const char *const states[] = {"connected", "disconnected"};

        for (size_t i = 0; i < ELEMENTS(states); i++) {
                _cleanup_(arena_freep) Arena *arena = arena_new(8192);
                const PropertyContext context = {.arena = arena, .inventory = inventory};
                WireAny value = {0};

                vm_source.lost = i == 0 ? NULL : why;
                EXPECT_INT(states[i],
                           property_read(&context, &object, "runtime.connectionState", &value), 1);
                EXPECT_STR(states[i], *(char *const *)value.value, states[i]);
        }
        vm_source.lost = NULL;
}

/* the tables */

static void test_table(const PropertyTable *table)
{
        const ManagedType *type = managed_type_find(table->type);

        EXPECT(table->type, type != NULL);
        for (size_t i = 0; type && i < table->n; i++) {
                const Property *row = &table->rows[i];

                if (i > 0)
                        EXPECT(row->name, strcmp(table->rows[i - 1].name, row->name) < 0);
                EXPECT(row->name, row->form > FORM_NONE && row->form < FORM_MAX && row->get);
                EXPECT(row->name, row->privilege != NULL);
                if (row->type && row->form == FORM_STRING)
                        EXPECT(row->name, row->type->values != NULL);
                else if (row->type)
                        EXPECT(row->name, row->form == FORM_OBJECT || row->form == FORM_OBJECTS);
                EXPECT(row->name, property_find(type, row->name) == row);
                EXPECT(row->name, !type->base || !property_find(type->base, row->name));
        }
}

static void test_tables(void)
{
        static const PropertyTable *const tables[] = {
#define PROPERTY_TABLE_ROW(T) &properties_##T,
                PROPERTY_TABLES(PROPERTY_TABLE_ROW)
#undef PROPERTY_TABLE_ROW
        };

        for (size_t i = 0; i < ELEMENTS(tables); i++) {
                if (i > 0)
                        EXPECT(tables[i]->type, strcmp(tables[i - 1]->type, tables[i]->type) < 0);
                test_table(tables[i]);
        }
}

static void test_all_properties(void)
{
        for (size_t i = 0; i < n_managed_types; i++) {
                const ManagedType *type = managed_types[i];
                const Property *property;
                size_t n = 0;

                while ((property = property_at(type, n))) {
                        EXPECT(property->name, property_find(type, property->name) == property);
                        for (size_t k = 0; k < n; k++)
                                EXPECT(property->name, property_at(type, k) != property);
                        n++;
                }
                EXPECT(type->name, !property_at(type, n + 1));
        }
        EXPECT_STR("its own first", property_at(managed_type_find("Folder"), 0)->name,
                   "childEntity");
        EXPECT("none", !property_at(managed_type_find("GuestProcessManager"), 0));
}

int main(void)
{
        const InventoryCallbacks callbacks = {0};
        _cleanup_(loop_freep) Loop *loop = NULL;

        if (loop_new(&loop) < 0 || inventory_new(loop, "dc", "host", &callbacks, &inventory) < 0)
                abort();
        vm.entity.type = managed_type_find("VirtualMachine");
        test_check();
        test_read();
        test_no_memory();
        test_lost();
        test_tables();
        test_all_properties();
        inventory_free(inventory);
        return test_end();
}
