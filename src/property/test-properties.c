/* What the objects of an inventory say of themselves, in all their states. */

#include "base/test-file.h"
#include "base/test.h"
#include "property/path.h"
#include "property/tables.h"
#include "wire/write.h"

#define UUID_A "4c4c4544-0031-4210-8031-b2c04f4d4d32"
#define UUID_B "00000000-0000-4000-8000-00000000000b"
#define FILE_A "[vm]\nprovider = local\nname = a\nuuid = " UUID_A "\nchannel = a.sock\n"
#define FILE_B "[vm]\nprovider = local\nname = b\nuuid = " UUID_B "\nchannel = b.sock\n"

#define REF(type, moid)                                                                            \
        "{\"_typeName\":\"ManagedObjectReference\",\"type\":\"" type "\",\"value\":\"" moid "\"}"
#define ENUM(type, value) "{\"_typeName\":\"" type "\",\"_value\":\"" value "\"}"
#define TEXT(value)       ENUM("string", value)
#define MOREFS(items)     "{\"_typeName\":\"ArrayOfManagedObjectReference\",\"_value\":[" items "]}"
#define TRUE              "{\"_typeName\":\"boolean\",\"_value\":true}"
#define FALSE             "{\"_typeName\":\"boolean\",\"_value\":false}"
#define VM_A              "VirtualMachine", "vm-" UUID_A
#define VM_B              "VirtualMachine", "vm-" UUID_B

static const AboutInfo about = {
        .type = &type_AboutInfo,
        .name = (char *)"guestops",
        .full_name = (char *)"guestops",
        .vendor = (char *)"guestops",
        .version = (char *)"1",
        .build = (char *)"1",
        .os_type = (char *)"linux",
        .product_line_id = (char *)"vpx",
        .api_type = (char *)"VirtualCenter",
        .api_version = (char *)"8.0.2.0",
};
static const HostFacts host = {.thumbprint = "AB:CD", .port = 8697, .boot_time = 2000000};

static Loop *loop;
static Inventory *inventory;
static Sessions *sessions;
static const Session *session;

static PropertyContext context_in(Arena *arena)
{
        return (PropertyContext){
                .arena = arena,
                .inventory = inventory,
                .sessions = sessions,
                .session = session,
                .about = &about,
                .host = &host,
                .wall = 3000000,
        };
}

static void expect(const char *state, const char *type, const char *moid, const char *path,
                   const char *wanted)
{
        _cleanup_(arena_freep) Arena *arena = arena_new(1 << 20);
        const PropertyContext context = context_in(arena);
        _cleanup_(buf_done) Buf json = {.max = 4096};
        WireAny value = {0};
        Object object = {0};
        char line[160];

        (void)snprintf(line, sizeof(line), "%s: %s.%s", state, type, path);
        if (object_find(inventory, &(Moref){type, moid}, &object) < 0) {
                EXPECT(line, !"there is such an object");
                return;
        }
        EXPECT_INT(line, property_read(&context, &object, path, &value), *wanted != '\0');
        if (value.form != FORM_NONE)
                json_write(&json, FORM_ANY, &value);
        EXPECT_STR(line, buf_text(&json), wanted);
}

/* those that do not change */

static void test_values(void)
{
        static const struct {
                const char *type, *moid, *path, *json; /* "": unset */
        } rows[] = {
                {"Folder", "group-d1", "parent", ""},
                {"Folder", "group-d1", "childEntity", MOREFS(REF("Datacenter", "datacenter-2"))},
                {"Folder", "group-h4", "childEntity", MOREFS(REF("ComputeResource", "domain-c7"))},
                {"Folder", "group-s5", "childEntity", MOREFS("")},
                {"Folder", "group-s5", "childType",
                 "{\"_typeName\":\"ArrayOfString\",\"_value\":[\"Folder\",\"Datastore\"]}"},
                {"Folder", "group-v3", "overallStatus", ENUM("ManagedEntityStatus", "gray")},
                {"Folder", "group-v3", "customValue",
                 "{\"_typeName\":\"ArrayOfCustomFieldValue\",\"_value\":[]}"},
                {"Folder", "group-v3", "recentTask", MOREFS("")},
                {"Folder", "group-v3", "tag", ""},
                {"Datacenter", "datacenter-2", "hostFolder", REF("Folder", "group-h4")},
                {"Datacenter", "datacenter-2", "datastore", MOREFS("")},
                {"ComputeResource", "domain-c7", "name", TEXT("host.example")},
                {"ComputeResource", "domain-c7", "parent", REF("Folder", "group-h4")},
                {"ComputeResource", "domain-c7", "host", MOREFS(REF("HostSystem", "host-9"))},
                {"ComputeResource", "domain-c7", "resourcePool", REF("ResourcePool", "resgroup-8")},
                {"ResourcePool", "resgroup-8", "name", TEXT("Resources")},
                {"ResourcePool", "resgroup-8", "owner", REF("ComputeResource", "domain-c7")},
                {"ResourcePool", "resgroup-8", "resourcePool", MOREFS("")},
                {"ResourcePool", "resgroup-8", "vm",
                 MOREFS(REF("VirtualMachine", "vm-" UUID_A) "," REF("VirtualMachine",
                                                                    "vm-" UUID_B))},
                {"HostSystem", "host-9", "vm",
                 MOREFS(REF("VirtualMachine", "vm-" UUID_A) "," REF("VirtualMachine",
                                                                    "vm-" UUID_B))},
                {"HostSystem", "host-9", "parent", REF("ComputeResource", "domain-c7")},
                {"HostSystem", "host-9", "runtime.connectionState",
                 ENUM("HostSystemConnectionState", "connected")},
                {"HostSystem", "host-9", "runtime.bootTime",
                 ENUM("dateTime", "1970-01-01T00:00:02Z")},
                {"HostSystem", "host-9", "summary.config.name", TEXT("host.example")},
                {"HostSystem", "host-9", "summary.config.port",
                 "{\"_typeName\":\"int\",\"_value\":8697}"},
                {"HostSystem", "host-9", "summary.config.sslThumbprint", TEXT("AB:CD")},
                {"HostSystem", "host-9", "config.virtualNicManagerInfo.netConfig",
                 "{\"_typeName\":\"ArrayOfVirtualNicManagerNetConfig\",\"_value\":[]}"},
                {"HostSystem", "host-9", "hardware.memorySize", ""},
                {"ServiceInstance", "ServiceInstance", "content.searchIndex",
                 REF("SearchIndex", "SearchIndex")},
                {"ServiceInstance", "ServiceInstance", "content.viewManager",
                 REF("ViewManager", "ViewManager")},
                {"ServiceInstance", "ServiceInstance", "serverClock",
                 ENUM("dateTime", "1970-01-01T00:00:03Z")},
                {"SessionManager", "SessionManager", "currentSession.userName", TEXT("user")},
                {"SessionManager", "SessionManager", "defaultLocale", TEXT("en")},
                {"SessionManager", "SessionManager", "supportedLocaleList",
                 "{\"_typeName\":\"ArrayOfString\",\"_value\":[\"en\"]}"},
                {"SessionManager", "SessionManager", "message", ""},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++)
                expect("at rest", rows[i].type, rows[i].moid, rows[i].path, rows[i].json);
}

/* machines */

static const struct {
        const char *about;
        VmState state;
        GuestFacts facts;
        struct {
                const char *path, *json;
        } values[12];
} states[] = {
        {"off, and no agent was ever seen",
         {.power = VM_POWERED_OFF},
         {0},
         {
                 {"runtime.powerState", ENUM("VirtualMachinePowerState", "poweredOff")},
                 {"guest.toolsStatus", ENUM("VirtualMachineToolsStatus", "toolsNotInstalled")},
                 {"guest.toolsVersionStatus2", TEXT("guestToolsNotInstalled")},
                 {"guest.toolsRunningStatus", TEXT("guestToolsNotRunning")},
                 {"guest.guestState", TEXT("notRunning")},
                 {"guest.guestFamily", ""},
                 {"guest.hostName", ""},
                 {"guestHeartbeatStatus", ENUM("ManagedEntityStatus", "gray")},
                 {"config.guestId", TEXT("otherGuest")},
                 {"config.guestFullName", TEXT("")},
         }},
        {"on, and its agent is ready",
         {.power = VM_POWERED_ON, .runs = true},
         {true, true, true, "1.2", "web.example", "Debian"},
         {
                 {"runtime.powerState", ENUM("VirtualMachinePowerState", "poweredOn")},
                 {"guest.toolsStatus", ENUM("VirtualMachineToolsStatus", "toolsOk")},
                 {"guest.toolsVersionStatus", TEXT("guestToolsUnmanaged")},
                 {"guest.toolsVersion", TEXT("1.2")},
                 {"guest.guestState", TEXT("running")},
                 {"guest.guestFamily", TEXT("linuxGuest")},
                 {"guest.guestOperationsReady", TRUE},
                 {"summary.guest.hostName", TEXT("web.example")},
                 {"summary.guest.toolsRunningStatus", TEXT("guestToolsRunning")},
                 {"summary.quickStats.guestHeartbeatStatus", ENUM("ManagedEntityStatus", "green")},
                 {"summary.runtime.host", REF("HostSystem", "host-9")},
                 {"config.guestFullName", TEXT("Debian")},
         }},
        {"on, and its agent is silent",
         {.power = VM_POWERED_ON, .runs = true},
         {true, true, false, "1.2", "", "Debian"},
         {
                 {"guest.toolsStatus", ENUM("VirtualMachineToolsStatus", "toolsNotRunning")},
                 {"guest.toolsVersionStatus2", TEXT("guestToolsUnmanaged")},
                 {"guest.guestState", TEXT("unknown")},
                 {"guest.guestOperationsReady", FALSE},
                 {"guest.hostName", ""}, /* it told none */
                 {"guestHeartbeatStatus", ENUM("ManagedEntityStatus", "gray")},
         }},
        {"paused",
         {.power = VM_POWERED_ON},
         {true, true, true, "1.2", "web.example", "Debian"},
         {
                 {"runtime.powerState", ENUM("VirtualMachinePowerState", "poweredOn")},
                 {"guest.toolsRunningStatus", TEXT("guestToolsNotRunning")},
                 {"guest.guestOperationsReady", FALSE},
                 {"guest.hostName", TEXT("web.example")},
         }},
        {"off, and there was an agent",
         {.power = VM_POWERED_OFF},
         {true, false, false, "1.2", "web.example", "Debian"},
         {
                 {"guest.toolsStatus", ENUM("VirtualMachineToolsStatus", "toolsNotRunning")},
                 {"guest.guestFullName", ""},
                 {"summary.guest.hostName", ""},
                 {"config.guestId", TEXT("otherLinux64Guest")},
                 {"summary.config.guestFullName", TEXT("Debian")},
         }},
        {"suspended",
         {.power = VM_SUSPENDED},
         {0},
         {
                 {"runtime.powerState", ENUM("VirtualMachinePowerState", "suspended")},
                 {"guest.guestState", TEXT("standby")},
         }},
};

static void test_machines(void)
{
        Vm *vm = inventory_find_uuid(inventory, UUID_A);

        for (size_t i = 0; i < ELEMENTS(states); i++) {
                vm->state = states[i].state;
                vm->facts = states[i].facts;
                for (size_t k = 0; k < ELEMENTS(states[i].values) && states[i].values[k].path; k++)
                        expect(states[i].about, VM_A, states[i].values[k].path,
                               states[i].values[k].json);
        }
        vm->num_cpu = 2;
        vm->memory_mb = 512;
        expect("known", VM_A, "config.hardware.memoryMB", "{\"_typeName\":\"int\",\"_value\":512}");
        expect("known", VM_A, "summary.config.numCpu", "{\"_typeName\":\"int\",\"_value\":2}");
        vm->num_cpu = vm->memory_mb = 0;
        expect("unknown", VM_A, "config.hardware.numCPU", "{\"_typeName\":\"int\",\"_value\":0}");
        expect("unknown", VM_A, "summary.config.numCpu", "");
}

/* whatever it is: all that is required is there, and words of enums are theirs */

static void check_value(const char *line, WireForm form, const WireType *type, const void *value);

static void check_object(const char *line, const WireObject *object)
{
        for (size_t i = 0; i < wire_type_count(object->type); i++) {
                const WireField *field = wire_type_at(object->type, i);
                const void *value = (const char *)object + field->offset;
                bool required =
                        field->presence == REQUIRED && wire_form_item(field->form) == FORM_NONE;
                char name[256];

                (void)snprintf(name, sizeof(name), "%s.%s", line, field->name);
                if (required)
                        EXPECT(name, !wire_is_unset(field->form, value));
                if (!wire_is_unset(field->form, value))
                        check_value(name, field->form, field->type, value);
        }
}

static void check_value(const char *line, WireForm form, const WireType *type, const void *value)
{
        const WireObjects *array = value;

        if (form == FORM_STRING && type)
                EXPECT(line, wire_enum_has(type, *(const char *const *)value));
        if (form == FORM_OBJECT) {
                const WireObject *object = *(const WireObject *const *)value;

                EXPECT(line, type && wire_type_is(object->type, type));
                check_object(line, object);
        }
        for (size_t i = 0; form == FORM_OBJECTS && i < array->n; i++)
                check_value(line, FORM_OBJECT, type, &array->items[i]);
}

static void check_all(const char *type, const char *moid)
{
        const Property *property;
        Object object = {0};
        char line[160];

        EXPECT_INT(moid, object_find(inventory, &(Moref){type, moid}, &object), 0);
        for (size_t i = 0; object.type && (property = property_at(object.type, i)); i++) {
                _cleanup_(arena_freep) Arena *arena = arena_new(1 << 20);
                const PropertyContext context = context_in(arena);
                WireAny value = {0};
                int r = property_read(&context, &object, property->name, &value);

                (void)snprintf(line, sizeof(line), "%s.%s", type, property->name);
                EXPECT(line, r == 0 || r == 1);
                EXPECT_INT(line, value.form, r ? property->form : FORM_NONE);
                if (r == 1)
                        check_value(line, value.form, value.type, value.value);
        }
}

static void test_all(void)
{
        static const Moref objects[] = {
                {"ComputeResource", "domain-c7"},
                {"Datacenter", "datacenter-2"},
                {"Folder", "group-d1"},
                {"Folder", "group-v3"},
                {"GuestOperationsManager", "guestOperationsManager"},
                {"HostSystem", "host-9"},
                {"PropertyCollector", "propertyCollector"},
                {"ResourcePool", "resgroup-8"},
                {"SearchIndex", "SearchIndex"},
                {"ServiceInstance", "ServiceInstance"},
                {"SessionManager", "SessionManager"},
                {"ViewManager", "ViewManager"},
                {VM_B},
        };

        for (size_t i = 0; i < ELEMENTS(objects); i++)
                check_all(objects[i].type, objects[i].value);
        for (size_t i = 0; i < ELEMENTS(states); i++) {
                Vm *vm = inventory_find_uuid(inventory, UUID_A);

                vm->state = states[i].state;
                vm->facts = states[i].facts;
                check_all(VM_A);
        }
}

static void test_sessions(void)
{
        const Property *property =
                property_find(managed_type_find("SessionManager"), "sessionList");
        _cleanup_(arena_freep) Arena *arena = arena_new(1 << 20);
        const PropertyContext context = context_in(arena);
        const Object object = {.type = managed_type_find("SessionManager")};
        WireObjects list = {0};

        EXPECT_STR("not for everybody", property->privilege, "Sessions.TerminateSession");
        EXPECT_INT("sessions", property->get(&context, &object, &list), 1);
        EXPECT_INT("two", list.n, 2);
        if (list.n == 2) {
                EXPECT_STR("one", ((UserSession *)list.items[0])->user_name, "user");
                EXPECT_STR("other", ((UserSession *)list.items[1])->user_name, "other");
        }
}

static void on_vm(void *user, Vm *vm, Usec now)
{
        (void)user;
        (void)vm;
        (void)now;
}

static const Session *open_session(const char *user)
{
        Session *opened = NULL;

        if (session_open(sessions, user, NULL, "::1", "test", "en", 1000000, 1, &opened) < 0)
                abort();
        return opened;
}

int main(void)
{
        const SessionLimits limits = {.idle = USEC_PER_SEC, .max = 9, .max_per_user = 9};
        const InventoryCallbacks callbacks = {on_vm, on_vm, on_vm, on_vm, NULL};

        test_directory_make();
        test_write("a.conf", FILE_A);
        test_write("b.conf", FILE_B);
        if (loop_new(&loop) < 0 ||
            inventory_new(loop, "dc", "host.example", &callbacks, &inventory) < 0 ||
            inventory_load(inventory, test_directory, 1) < 0)
                abort();
        sessions = sessions_new(loop, &limits);
        session = open_session("user");
        (void)open_session("other");
        test_values();
        test_machines();
        test_all();
        test_sessions();
        sessions_free(sessions);
        inventory_free(inventory);
        loop_free(loop);
        test_directory_remove();
        return test_end();
}
