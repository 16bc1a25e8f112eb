/* Walks every table of the schema, and then asks the functions that read them. */

#include "schema/fault.h"
#include "schema/method.h"
#include "schema/tables.h"

#include "base/test.h"

#include <stdalign.h>

static const char *const box_names[] = {
        "boolean", "byte",   "short",    "int",    "long",         "float",
        "double",  "string", "dateTime", "anyURI", "base64Binary", "ManagedObjectReference"};

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* types */

static void test_registry(void)
{
        for (size_t i = 0; i < n_wire_types; i++) {
                const WireType *type = wire_types[i];

                if (i > 0)
                        EXPECT(type->name, strcmp(wire_types[i - 1]->name, type->name) < 0);
                EXPECT(type->name, wire_type_find(type->name) == type);
                EXPECT(type->name, strlen(type->name) <= UINT8_MAX); /* of the channel */
                EXPECT(type->name, wire_type_depth(type) <= UINT8_MAX);
                EXPECT(type->name, wire_type_count(type) <= WIRE_FIELDS_MAX);
                EXPECT(type->name, type->n_fields < UINT8_MAX);
                for (size_t k = 0; k < ELEMENTS(box_names); k++)
                        EXPECT(type->name, strcmp(type->name, box_names[k]) != 0);
        }
        EXPECT("no such type", !wire_type_find("NoSuchType"));
        EXPECT("no name", !wire_type_find(""));
        EXPECT("names are whole", !wire_type_find("GuestProcess"));
        EXPECT("names keep their case", !wire_type_find("guestProcessInfo"));
}

/* What is declared is also registered: nobody forgets a row. */
static void test_everything_is_registered(void)
{
#define EXPECT_TYPE(T) EXPECT(#T, wire_type_find(#T) == &type_##T);
        TYPES(EXPECT_TYPE)
#undef EXPECT_TYPE
#define EXPECT_FAULT(id, T, base, members, errnum, from)                                           \
        EXPECT(#T, wire_type_find(#T) == &type_##T);
        FAULTS(EXPECT_FAULT)
#undef EXPECT_FAULT
#define COUNT(...) +1
        /* Of the agent's own two, and of faults, nothing is in both lists. */
        EXPECT_INT("types and faults", n_wire_types, 0 TYPES(COUNT) FAULTS(COUNT));
#undef COUNT
}

/* Of how many fields a type is the declared one. */
static size_t count_uses(const WireType *type)
{
        size_t n = 0;

        for (size_t i = 0; i < n_wire_types; i++)
                for (size_t k = 0; k < wire_types[i]->n_fields; k++)
                        n += wire_types[i]->fields[k].type == type;
        return n;
}

static void test_enums(void)
{
        for (size_t i = 0; i < n_wire_types; i++) {
                const WireType *type = wire_types[i];

                if (!type->values)
                        continue;
                EXPECT(type->name, type->values[0] != NULL);
                EXPECT_INT(type->name, type->n_fields, 0);
                EXPECT(type->name, !type->base && !type->abstract && type->size == 0);
                EXPECT(type->name, count_uses(type) > 0);
                for (const char *const *v = type->values; *v; v++) {
                        EXPECT(*v, wire_enum_has(type, *v));
                        EXPECT(*v, strspn(*v, LETTERS) == strlen(*v) && strlen(*v) > 1);
                        for (const char *const *w = v + 1; *w; w++)
                                EXPECT(*v, strcmp(*v, *w) != 0);
                }
        }
        EXPECT("value", wire_enum_has(&type_VirtualMachinePowerState, "poweredOn"));
        EXPECT("no value", !wire_enum_has(&type_VirtualMachinePowerState, "poweredon"));
        EXPECT("empty", !wire_enum_has(&type_VirtualMachinePowerState, ""));
}

static bool is_plain_scalar(WireForm form)
{
        return form == FORM_BOOL || form == FORM_INT || form == FORM_LONG;
}

static bool is_optional_scalar(WireForm form)
{
        return form == FORM_OPT_BOOL || form == FORM_OPT_INT || form == FORM_OPT_LONG;
}

/* Whether it is a release after 5.5, which needs no mark, and not after what the tables follow. */
static bool is_release(uint32_t since)
{
        static const uint32_t releases[] = {
                API_VERSION(6, 0, 0, 0), API_VERSION(6, 5, 0, 0), API_VERSION(6, 7, 0, 0),
                API_VERSION(6, 7, 1, 0), API_VERSION(6, 7, 2, 0), API_VERSION(6, 7, 3, 0),
                API_VERSION(6, 8, 7, 0), API_VERSION(6, 9, 1, 0), API_VERSION(7, 0, 0, 0),
                API_VERSION(7, 0, 0, 2), API_VERSION(7, 0, 1, 0), API_VERSION(7, 0, 1, 1),
                API_VERSION(7, 0, 2, 0), API_VERSION(7, 0, 2, 1), API_VERSION(7, 0, 3, 0),
                API_VERSION(7, 0, 3, 1), API_VERSION(7, 0, 3, 2), API_VERSION(8, 0, 0, 0),
                API_VERSION(8, 0, 0, 1), API_VERSION(8, 0, 0, 2), API_VERSION(8, 0, 1, 0),
                API_VERSION(8, 0, 2, 0),
        };

        for (size_t i = 0; i < ELEMENTS(releases); i++)
                if (releases[i] == since)
                        return true;
        return false;
}

static size_t form_alignment(WireForm form)
{
        if (form == FORM_BOOL || form == FORM_OPT_BOOL)
                return alignof(WireBool);
        return form == FORM_INT || form == FORM_OPT_INT ? alignof(WireInt) : alignof(WireLong);
}

static void check_field(const WireType *type, size_t index)
{
        const WireField *field = wire_type_at(type, index);
        char about[160];

        (void)snprintf(about, sizeof(about), "%s.%s", type->name, field->name);
        EXPECT(about, field->form > FORM_NONE && field->form < FORM_MAX);
        if (is_plain_scalar(field->form))
                EXPECT_INT(about, field->presence, REQUIRED);
        if (is_optional_scalar(field->form))
                EXPECT_INT(about, field->presence, OPTIONAL);

        /* Behind the pointer to its type, within its struct, aligned, and over nobody else. */
        EXPECT(about, field->offset >= sizeof(WireObject));
        EXPECT(about, field->offset + wire_form_size(field->form) <= type->size);
        EXPECT_INT(about, field->offset % form_alignment(field->form), 0);
        for (size_t i = 0; i < index; i++) {
                const WireField *other = wire_type_at(type, i);

                EXPECT(about, strcmp(other->name, field->name) != 0);
                EXPECT(about, other->offset + wire_form_size(other->form) <= field->offset);
        }
        EXPECT(about, wire_type_field(type, field->name) == field);
        EXPECT(about, strcmp(field->name, "_typeName") != 0);
        EXPECT(about, field->since == 0 || is_release(field->since));

        /* A type is named by objects, and by strings that are enums. */
        if (field->type && field->form == FORM_STRING)
                EXPECT(about, field->type->values != NULL);
        else if (field->type)
                EXPECT(about, (field->form == FORM_OBJECT || field->form == FORM_OBJECTS) &&
                                      !field->type->values);
        if (field->form == FORM_OBJECTS)
                EXPECT(about, field->type != NULL);
        if (field->type)
                EXPECT(about, wire_type_find(field->type->name) == field->type);
}

static void test_fields(void)
{
        for (size_t i = 0; i < n_wire_types; i++) {
                const WireType *type = wire_types[i];

                if (type->values)
                        continue;
                EXPECT(type->name, type->size >= sizeof(WireObject));
                EXPECT(type->name, type->n_fields == 0 || type->fields);
                if (type->base) {
                        EXPECT(type->name, type->size >= type->base->size);
                        EXPECT(type->name, wire_type_find(type->base->name) == type->base);
                }
                for (size_t k = 0; k < wire_type_count(type); k++)
                        check_field(type, k);
        }
}

static void test_forms(void)
{
        for (WireForm form = FORM_BOOL; form < FORM_MAX; form++) {
                static const max_align_t zero[8];
                WireForm item = wire_form_item(form);

                EXPECT("a form has a size", wire_form_size(form) > 0);
                EXPECT("of what arrays hold there are no arrays",
                       wire_form_item(item) == FORM_NONE);
                EXPECT_INT("zero is a value of plain scalars alone", wire_is_unset(form, zero),
                           !is_plain_scalar(form));
        }
        EXPECT_INT("none", wire_form_size(FORM_NONE), 0);
        EXPECT_INT("longs", wire_form_item(FORM_LONGS), FORM_LONG);
        EXPECT_INT("strings", wire_form_item(FORM_STRINGS), FORM_STRING);
        EXPECT_INT("references", wire_form_item(FORM_MOREFS), FORM_MOREF);
        EXPECT_INT("objects", wire_form_item(FORM_OBJECTS), FORM_OBJECT);
        EXPECT_INT("a string is no array", wire_form_item(FORM_STRING), FORM_NONE);
}

static void test_type_functions(void)
{
        static const struct {
                const char *about;
                const WireType *type, *base;
                bool is;
        } rows[] = {
                {"itself", &type_FileFault, &type_FileFault, true},
                {"parent", &type_FileNotFound, &type_FileFault, true},
                {"root", &type_FileNotFound, &type_MethodFault, true},
                {"child", &type_FileFault, &type_FileNotFound, false},
                {"sibling", &type_FileNotFound, &type_NotAFile, false},
                {"other family", &type_FileNotFound, &type_RuntimeFault, false},
                {"unrelated", &type_GuestProcessInfo, &type_MethodFault, false},
                {"nothing", NULL, &type_MethodFault, false},
        };
        static const struct {
                const WireType *type;
                unsigned int depth;
                size_t count;
        } depths[] = {
                {&type_NoParameters, 0, 0},
                {&type_MethodFault, 0, 2},
                {&type_VimFault, 1, 2},
                {&type_FileFault, 2, 3},
                {&type_FileNotFound, 3, 3},
                {&type_NotAuthenticated, 4, 4},
                {&type_InvalidPowerState, 3, 4},
                {&type_GuestProgramSpec, 0, 4},
                {&type_GuestWindowsProgramSpec, 1, 5},
        };
        static const struct {
                const WireType *type;
                size_t index;
                const char *name;
        } places[] = {
                {&type_GuestWindowsProgramSpec, 0, "programPath"},
                {&type_GuestWindowsProgramSpec, 3, "envVariables"},
                {&type_GuestWindowsProgramSpec, 4, "startMinimized"},
                {&type_NamePasswordAuthentication, 0, "interactiveSession"},
                {&type_NamePasswordAuthentication, 2, "password"},
                {&type_FileNotFound, 0, "faultCause"},
                {&type_FileNotFound, 1, "faultMessage"},
                {&type_FileNotFound, 2, "file"},
                {&type_NotAuthenticated, 2, "object"},
                {&type_NotAuthenticated, 3, "privilegeId"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++)
                EXPECT_INT(rows[i].about, wire_type_is(rows[i].type, rows[i].base), rows[i].is);
        for (size_t i = 0; i < ELEMENTS(depths); i++) {
                EXPECT_INT(depths[i].type->name, wire_type_depth(depths[i].type), depths[i].depth);
                EXPECT_INT(depths[i].type->name, wire_type_count(depths[i].type), depths[i].count);
        }
        for (size_t i = 0; i < ELEMENTS(places); i++)
                EXPECT_STR(places[i].type->name,
                           wire_type_at(places[i].type, places[i].index)->name, places[i].name);
        EXPECT("inherited", wire_type_field(&type_FileNotFound, "faultCause") != NULL);
        EXPECT("of a child", !wire_type_field(&type_VimFault, "file"));
        EXPECT("of nobody", !wire_type_field(&type_FileNotFound, "File"));
        EXPECT("without members", !wire_type_field(&type_NoParameters, "vm"));
}

/* faults */

static void test_fault_rows(void)
{
        for (size_t i = 0; i < FAULT_MAX; i++) {
                const FaultType *row = &fault_types[i];
                const char *name = row->type->name;

                EXPECT(name, wire_type_find(name) == row->type);
                EXPECT(name, wire_type_is(row->type, &type_MethodFault));
                EXPECT(name, row->type != &type_MethodFault);
                EXPECT(name, row->errnum > 0);
                EXPECT_INT(name, row->type->abstract, row->from == FAULT_FROM_ABSTRACT);
                EXPECT(name, row->type->size >= sizeof(MethodFault));
                EXPECT(name, fault_type_find(row->type) ==
                                     (row->from == FAULT_FROM_ABSTRACT ? NULL : row));
                for (size_t k = 0; k < i; k++)
                        EXPECT(name, fault_types[k].type != row->type);
        }
        EXPECT("no fault", !fault_type_find(&type_GuestProcessInfo));
        EXPECT("abstract", !fault_type_find(&type_MethodFault));
        EXPECT("abstract", !fault_type_find(&type_VimFault));
        EXPECT("none at all", !fault_type_find(NULL));
}

/* The base in the list is the base in the table, and every chain ends where it has to. */
static void test_fault_bases(void)
{
#define EXPECT_BASE(id, T, parent, members, errnum, from)                                          \
        EXPECT(#T, type_##T.base == &type_##parent);                                               \
        EXPECT_INT(#T, type_##T.size, sizeof(members));
        FAULTS(EXPECT_BASE)
#undef EXPECT_BASE

        for (size_t i = 0; i < n_wire_types; i++) {
                const WireType *type = wire_types[i];

                if (!wire_type_is(type, &type_MethodFault) || type == &type_MethodFault)
                        continue;
                while (type->base)
                        type = type->base;
                EXPECT(wire_types[i]->name, type == &type_MethodFault);
        }
}

/* The text member of a fault, whatever its name. */
static const char *text_member(const MethodFault *detail)
{
        for (size_t i = 0; i < wire_type_count(detail->type); i++) {
                const WireField *field = wire_type_at(detail->type, i);

                if (field->form == FORM_STRING)
                        return *(char *const *)(const void *)((const char *)detail + field->offset);
        }
        return NULL;
}

static void test_raise(void)
{
        static const struct {
                FaultId id;
                const char *member, *found;
                int r;
        } rows[] = {
                {FAULT_FILE_NOT_FOUND, "/bin/nope", "/bin/nope", -ENOENT},
                {FAULT_FILE_FAULT, "", "", -EIO},
                {FAULT_CANNOT_ACCESS_FILE, "/etc/shadow", "/etc/shadow", -EACCES},
                {FAULT_INVALID_ARGUMENT, "spec.programPath", "spec.programPath", -EINVAL},
                {FAULT_INVALID_PROPERTY, "name", "name", -EINVAL},
                {FAULT_INVALID_DATASTORE, "disks", "disks", -ENOENT},
                {FAULT_INVALID_TYPE, "auth", "auth", -EINVAL},
                {FAULT_METHOD_NOT_FOUND, "Fly", "Fly", -ENOSYS},
                {FAULT_NOT_AUTHENTICATED, "System.View", "System.View", -EPERM},
                {FAULT_SYSTEM_ERROR, "why", "why", -EIO},
                {FAULT_INVALID_POWER_STATE, "poweredOn", "poweredOn", -EHOSTDOWN},
                {FAULT_INVALID_GUEST_LOGIN, NULL, NULL, -EACCES},
                {FAULT_INVALID_GUEST_LOGIN, "it has no such member", NULL, -EACCES},
                {FAULT_GUEST_OPERATIONS_UNAVAILABLE, NULL, NULL, -EHOSTDOWN},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(arena_freep) Arena *arena = arena_new((size_t)1 << 16);
                const char *about = fault_types[rows[i].id].type->name;
                Fault fault = {0};

                EXPECT_INT(
                        about,
                        fault_raise(&fault, arena, rows[i].id, rows[i].member, "%d of %s", 7, "9"),
                        rows[i].r);
                EXPECT(about, fault.detail && fault.detail->type == fault_types[rows[i].id].type);
                EXPECT_STR(about, fault.message, "7 of 9");
                if (fault.detail)
                        EXPECT_STR(about, text_member(fault.detail), rows[i].found);
        }
}

static void test_first_fault_wins(void)
{
        _cleanup_(arena_freep) Arena *arena = arena_new((size_t)1 << 16);
        const MethodFault *first;
        Fault fault = {0};

        EXPECT_INT("first", fault_raise(&fault, arena, FAULT_FILE_NOT_FOUND, "/a", "first"),
                   -ENOENT);
        first = fault.detail;
        EXPECT_INT("second", fault_raise(&fault, arena, FAULT_SYSTEM_ERROR, "x", "second"), -EIO);
        EXPECT("the first is kept", fault.detail == first);
        EXPECT_STR("its message too", fault.message, "first");
        EXPECT_STR("and its member", text_member(fault.detail), "/a");
}

/* Where memory is out there is no fault, half or whole. */
static void test_raise_without_memory(void)
{
        _cleanup_(arena_freep) Arena *arena = arena_new(2048);
        Fault fault = {0};

        EXPECT("filled", arena_alloc(arena, 2048 - 64) != NULL);
        EXPECT_INT("no memory",
                   fault_raise(&fault, arena, FAULT_FILE_NOT_FOUND, "/a/rather/long/name/of/a/file",
                               "%s", "A message that is longer than what is left."),
                   -ENOMEM);
        EXPECT("empty", !fault.detail && !fault.message);
}

/* methods */

static void check_method(const Method *method)
{
        const WireField *vm = wire_type_field(method->params, "vm");
        const WireField *auth = wire_type_field(method->params, "auth");
        bool of_objects = method->result == FORM_OBJECT || method->result == FORM_OBJECTS;

        EXPECT(method->name, wire_type_find(method->params->name) == method->params);
        EXPECT(method->name, !method->params->abstract && !method->params->values);
        EXPECT(method->name, !str_is_empty(method->privilege));
        EXPECT(method->name, strchr(method->privilege, '.') != NULL);
        EXPECT(method->name, method->result < FORM_MAX);
        EXPECT_INT(method->name, method->result_type != NULL, of_objects);
        EXPECT(method->name, method->faults != NULL);
        for (const WireType *const *fault = method->faults; *fault; fault++) {
                EXPECT(method->name, wire_type_is(*fault, &type_MethodFault));
                EXPECT((*fault)->name, fault_type_find(*fault) != NULL);
                for (const WireType *const *other = method->faults; other < fault; other++)
                        EXPECT((*fault)->name, *other != *fault);
        }
        if (!auth) /* of the one method that asks for credentials to be kept */
                auth = wire_type_field(method->params, "requestedAuth");
        if (!(method->flags & METHOD_GUEST)) {
                EXPECT(method->name, !(method->flags & METHOD_CONFIRM));
                EXPECT(method->name, !method_find_guest(method->name));
                return;
        }
        EXPECT(method->name, !(method->flags & METHOD_ANONYMOUS));
        EXPECT(method->name, method->result != FORM_ANY);
        EXPECT(method->name, method_find_guest(method->name) == method);
        EXPECT(method->name, vm && vm->form == FORM_MOREF && vm->presence == REQUIRED);
        EXPECT(method->name, auth && auth->form == FORM_OBJECT && auth->presence == REQUIRED &&
                                     auth->type == &type_GuestAuthentication);
}

static void test_methods(void)
{
        for (size_t i = 0; i < n_managed_types; i++) {
                const ManagedType *type = managed_types[i];

                if (i > 0)
                        EXPECT(type->name, strcmp(managed_types[i - 1]->name, type->name) < 0);
                EXPECT(type->name, managed_type_find(type->name) == type);
                if (type->base)
                        EXPECT(type->name, managed_type_find(type->base->name) == type->base);
                else
                        EXPECT_STR("all derive from it", type->name, "ManagedObject");
                EXPECT(type->name, method_find(type, "Fetch") != NULL);
                for (size_t k = 0; k < type->n_methods; k++) {
                        const Method *method = &type->methods[k];

                        if (k > 0)
                                EXPECT(method->name,
                                       strcmp(type->methods[k - 1].name, method->name) < 0);
                        EXPECT(method->name, method_find(type, method->name) == method);
                        check_method(method);
                }
        }
}

static void test_find(void)
{
        const ManagedType *processes = managed_type_find("GuestProcessManager");

        EXPECT("managed type", processes != NULL);
        EXPECT("no managed type", !managed_type_find("GuestProcessManage"));
        EXPECT("no name", !managed_type_find(""));
        EXPECT("method", method_find(processes, "StartProgramInGuest") != NULL);
        EXPECT("of another type", !method_find(processes, "Login"));
        EXPECT("no method", !method_find(processes, "startProgramInGuest"));
        EXPECT("without methods", !method_find(managed_type_find("Folder"), "Login"));
        EXPECT("of a base", method_find(managed_type_find("ContainerView"), "DestroyView") != NULL);
        EXPECT("of an heir", !method_find(managed_type_find("ManagedEntity"), "PowerOnVM_Task"));
        EXPECT("no type", !method_find(NULL, "Login"));
        EXPECT("guest operation", method_find_guest("ListProcessesInGuest") != NULL);
        EXPECT("of the host", !method_find_guest("Login"));
        EXPECT("unknown", !method_find_guest("FlyInGuest"));
}

int main(void)
{
        test_registry();
        test_everything_is_registered();
        test_enums();
        test_fields();
        test_forms();
        test_type_functions();
        test_fault_rows();
        test_fault_bases();
        test_raise();
        test_first_fault_wins();
        test_raise_without_memory();
        test_methods();
        test_find();
        return test_end();
}
