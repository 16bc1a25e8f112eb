/*
 * The channel's encoding: every type of the registry there and back, every byte and bit of it
 * broken, and the table of tags, which nobody changes by accident.
 */

#include "schema/method.h"
#include "schema/tables.h"
#include "wire/read.h"
#include "wire/tlv.h"
#include "wire/write.h"

#include "base/test.h"

#define ARENA_MAX ((size_t)8 << 20)

/* Which types can stand on the channel: walked from what begins a message. */

static bool reached[512];

static size_t type_index(const WireType *type)
{
        for (size_t i = 0; i < n_wire_types; i++)
                if (wire_types[i] == type)
                        return i;
        abort();
}

static void reach(const WireType *type)
{
        if (!type || type->values || reached[type_index(type)])
                return;
        reached[type_index(type)] = true;
        reach(type->base);
        for (size_t i = 0; i < type->n_fields; i++) {
                const WireType *declared = type->fields[i].type;

                reach(declared);
                /* The host's faults derive from MethodFault too, but do not travel. */
                if (!declared || declared == &type_MethodFault)
                        continue;
                for (size_t k = 0; k < n_wire_types; k++)
                        if (wire_type_is(wire_types[k], declared))
                                reach(wire_types[k]);
        }
}

static void reach_all(void)
{
        static const WireType *const messages[] = {
                &type_HostHello,      &type_AgentHello,    &type_AgentClock,
                &type_ChannelRequest, &type_ChannelAnswer,
        };

        if (n_wire_types > ELEMENTS(reached))
                abort();
        for (size_t i = 0; i < ELEMENTS(messages); i++)
                reach(messages[i]);
        for (size_t i = 0; i < FAULT_MAX; i++)
                if (fault_types[i].from == FAULT_FROM_GUEST)
                        reach(fault_types[i].type);
        reach(&type_LocalizableMessage);
        reach(&type_KeyAnyValue);
        for (size_t i = 0; i < n_managed_types; i++)
                for (size_t k = 0; k < managed_types[i]->n_methods; k++) {
                        const Method *method = &managed_types[i]->methods[k];

                        if (!(method->flags & METHOD_GUEST))
                                continue;
                        reach(method->params);
                        reach(method->result_type);
                }
}

/* the tags, as PROTOCOL.md has them: rows are only ever added */

static void test_tags(void)
{
        static const struct {
                const WireType *type, *base;
                const char *member;
                uint16_t tag;
                WireForm form;
        } rows[] = {
                /* clang-format off */
                {&type_HostHello, NULL, "vm", 0x0001, FORM_STRING},
                {&type_HostHello, NULL, "version", 0x0002, FORM_STRING},
                {&type_AgentHello, NULL, "protocol", 0x0001, FORM_INT},
                {&type_AgentHello, NULL, "version", 0x0002, FORM_STRING},
                {&type_AgentHello, NULL, "instance", 0x0003, FORM_STRING},
                {&type_AgentHello, NULL, "bootId", 0x0004, FORM_STRING},
                {&type_AgentHello, NULL, "clock", 0x0005, FORM_LONG},
                {&type_AgentHello, NULL, "operations", 0x0006, FORM_STRINGS},
                {&type_AgentHello, NULL, "disabled", 0x0007, FORM_STRINGS},
                {&type_AgentHello, NULL, "hostName", 0x0008, FORM_STRING},
                {&type_AgentHello, NULL, "osName", 0x0009, FORM_STRING},
                {&type_AgentClock, NULL, "clock", 0x0001, FORM_LONG},
                {&type_ChannelRequest, NULL, "operation", 0x0001, FORM_STRING},
                {&type_ChannelRequest, NULL, "instance", 0x0002, FORM_STRING},
                {&type_ChannelRequest, NULL, "requestId", 0x0003, FORM_STRING},
                {&type_ChannelRequest, NULL, "deadline", 0x0004, FORM_LONG},
                {&type_ChannelRequest, NULL, "params", 0x0005, FORM_OBJECT},
                {&type_ChannelAnswer, NULL, "result", 0x0001, FORM_ANY},
                {&type_ChannelAnswer, NULL, "fault", 0x0002, FORM_OBJECT},
                {&type_ChannelAnswer, NULL, "message", 0x0003, FORM_STRING},
                {&type_StartProgramInGuestRequestType, NULL, "vm", 0x0001, FORM_MOREF},
                {&type_StartProgramInGuestRequestType, NULL, "auth", 0x0002, FORM_OBJECT},
                {&type_StartProgramInGuestRequestType, NULL, "spec", 0x0003, FORM_OBJECT},
                {&type_ListProcessesInGuestRequestType, NULL, "vm", 0x0001, FORM_MOREF},
                {&type_ListProcessesInGuestRequestType, NULL, "auth", 0x0002, FORM_OBJECT},
                {&type_ListProcessesInGuestRequestType, NULL, "pids", 0x0003, FORM_LONGS},
                {&type_GuestAuthentication, NULL, "interactiveSession", 0x0001, FORM_BOOL},
                {&type_NamePasswordAuthentication, &type_GuestAuthentication, "username", 0x0101, FORM_STRING},
                {&type_NamePasswordAuthentication, &type_GuestAuthentication, "password", 0x0102, FORM_STRING},
                {&type_SAMLTokenAuthentication, &type_GuestAuthentication, "token", 0x0101, FORM_STRING},
                {&type_SAMLTokenAuthentication, &type_GuestAuthentication, "username", 0x0102, FORM_STRING},
                {&type_SSPIAuthentication, &type_GuestAuthentication, "sspiToken", 0x0101, FORM_STRING},
                {&type_TicketedSessionAuthentication, &type_GuestAuthentication, "ticket", 0x0101, FORM_STRING},
                {&type_GuestProgramSpec, NULL, "programPath", 0x0001, FORM_STRING},
                {&type_GuestProgramSpec, NULL, "arguments", 0x0002, FORM_STRING},
                {&type_GuestProgramSpec, NULL, "workingDirectory", 0x0003, FORM_STRING},
                {&type_GuestProgramSpec, NULL, "envVariables", 0x0004, FORM_STRINGS},
                {&type_GuestWindowsProgramSpec, &type_GuestProgramSpec, "startMinimized", 0x0101, FORM_BOOL},
                {&type_GuestProcessInfo, NULL, "name", 0x0001, FORM_STRING},
                {&type_GuestProcessInfo, NULL, "pid", 0x0002, FORM_LONG},
                {&type_GuestProcessInfo, NULL, "owner", 0x0003, FORM_STRING},
                {&type_GuestProcessInfo, NULL, "cmdLine", 0x0004, FORM_STRING},
                {&type_GuestProcessInfo, NULL, "startTime", 0x0005, FORM_TIME},
                {&type_GuestProcessInfo, NULL, "endTime", 0x0006, FORM_TIME},
                {&type_GuestProcessInfo, NULL, "exitCode", 0x0007, FORM_OPT_INT},
                {&type_MethodFault, NULL, "faultCause", 0x0001, FORM_OBJECT},
                {&type_MethodFault, NULL, "faultMessage", 0x0002, FORM_OBJECTS},
                {&type_LocalizableMessage, NULL, "key", 0x0001, FORM_STRING},
                {&type_LocalizableMessage, NULL, "arg", 0x0002, FORM_OBJECTS},
                {&type_LocalizableMessage, NULL, "message", 0x0003, FORM_STRING},
                {&type_KeyAnyValue, NULL, "key", 0x0001, FORM_STRING},
                {&type_KeyAnyValue, NULL, "value", 0x0002, FORM_ANY},
                {&type_RuntimeFault, &type_MethodFault, NULL, 0, FORM_NONE},
                {&type_VimFault, &type_MethodFault, NULL, 0, FORM_NONE},
                {&type_AcquireCredentialsInGuestRequestType, NULL, "vm", 0x0001, FORM_MOREF},
                {&type_AcquireCredentialsInGuestRequestType, NULL, "requestedAuth", 0x0002, FORM_OBJECT},
                {&type_AcquireCredentialsInGuestRequestType, NULL, "sessionID", 0x0003, FORM_OPT_LONG},
                {&type_ReadEnvironmentVariableInGuestRequestType, NULL, "vm", 0x0001, FORM_MOREF},
                {&type_ReadEnvironmentVariableInGuestRequestType, NULL, "auth", 0x0002, FORM_OBJECT},
                {&type_ReadEnvironmentVariableInGuestRequestType, NULL, "names", 0x0003, FORM_STRINGS},
                {&type_ReleaseCredentialsInGuestRequestType, NULL, "vm", 0x0001, FORM_MOREF},
                {&type_ReleaseCredentialsInGuestRequestType, NULL, "auth", 0x0002, FORM_OBJECT},
                {&type_TerminateProcessInGuestRequestType, NULL, "vm", 0x0001, FORM_MOREF},
                {&type_TerminateProcessInGuestRequestType, NULL, "auth", 0x0002, FORM_OBJECT},
                {&type_TerminateProcessInGuestRequestType, NULL, "pid", 0x0003, FORM_LONG},
                {&type_ValidateCredentialsInGuestRequestType, NULL, "vm", 0x0001, FORM_MOREF},
                {&type_ValidateCredentialsInGuestRequestType, NULL, "auth", 0x0002, FORM_OBJECT},
                {&type_InvalidArgument, &type_RuntimeFault, "invalidProperty", 0x0201, FORM_STRING},
                {&type_SystemError, &type_RuntimeFault, "reason", 0x0201, FORM_STRING},
                {&type_InvalidState, &type_VimFault, NULL, 0, FORM_NONE},
                {&type_FileFault, &type_VimFault, "file", 0x0201, FORM_STRING},
                {&type_CannotAccessFile, &type_FileFault, NULL, 0, FORM_NONE},
                {&type_FileNameTooLong, &type_FileFault, NULL, 0, FORM_NONE},
                {&type_FileNotFound, &type_FileFault, NULL, 0, FORM_NONE},
                {&type_NotADirectory, &type_FileFault, NULL, 0, FORM_NONE},
                {&type_NotAFile, &type_FileFault, NULL, 0, FORM_NONE},
                {&type_GuestOperationsFault, &type_VimFault, NULL, 0, FORM_NONE},
                {&type_GuestComponentsOutOfDate, &type_GuestOperationsFault, NULL, 0, FORM_NONE},
                {&type_GuestOperationsUnavailable, &type_GuestOperationsFault, NULL, 0, FORM_NONE},
                {&type_GuestProcessNotFound, &type_GuestOperationsFault, "pid", 0x0301, FORM_LONG},
                {&type_TooManyGuestLogons, &type_GuestOperationsFault, NULL, 0, FORM_NONE},
                {&type_GuestPermissionDenied, &type_GuestOperationsFault, NULL, 0, FORM_NONE},
                {&type_InvalidGuestLogin, &type_GuestOperationsFault, NULL, 0, FORM_NONE},
                {&type_OperationDisabledByGuest, &type_GuestOperationsFault, NULL, 0, FORM_NONE},
                {&type_OperationNotSupportedByGuest, &type_GuestOperationsFault, NULL, 0, FORM_NONE},
                /* clang-format on */
        };
        bool has_rows[ELEMENTS(reached)] = {false};

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                const WireType *type = rows[i].type;
                size_t inherited = wire_type_count(type) - type->n_fields, n = 0;
                char about[160];

                (void)snprintf(about, sizeof(about), "%s.%s", type->name,
                               rows[i].member ? rows[i].member : "");
                for (size_t k = 0; k < ELEMENTS(rows); k++)
                        n += rows[k].type == type && rows[k].member;
                EXPECT_INT("a member of that type has no row here", type->n_fields, n);
                EXPECT(about, type->base == rows[i].base);
                for (size_t k = inherited; k < inherited + type->n_fields; k++) {
                        if (!rows[i].member ||
                            strcmp(wire_type_at(type, k)->name, rows[i].member) != 0)
                                continue;
                        EXPECT_INT(about, wire_tag(type, k), rows[i].tag);
                        EXPECT_INT(about, wire_type_at(type, k)->form, rows[i].form);
                        n = 0;
                }
                EXPECT_INT(about, n, 0);
                has_rows[type_index(type)] = true;
        }
        reach_all();
        for (size_t i = 0; i < n_wire_types; i++)
                if (reached[i] && !has_rows[i])
                        EXPECT(wire_types[i]->name, !"it travels, and has no rows here");
}

/* Numbers of forms travel in boxes. */
static void test_form_numbers(void)
{
        static const WireForm forms[] = {
                FORM_NONE,     FORM_BOOL,    FORM_OPT_BOOL, FORM_INT,     FORM_OPT_INT, FORM_LONG,
                FORM_OPT_LONG, FORM_STRING,  FORM_TIME,     FORM_MOREF,   FORM_OBJECT,  FORM_ANY,
                FORM_LONGS,    FORM_STRINGS, FORM_MOREFS,   FORM_OBJECTS,
        };

        for (size_t i = 0; i < ELEMENTS(forms); i++)
                EXPECT_INT("form", forms[i], i);
        EXPECT_INT("forms", FORM_MAX, ELEMENTS(forms));
}

static void test_every_tag_is_its_own(void)
{
        for (size_t i = 0; i < n_wire_types; i++)
                for (size_t k = 0; k < wire_type_count(wire_types[i]); k++)
                        for (size_t m = 0; m < k; m++)
                                EXPECT(wire_types[i]->name,
                                       wire_tag(wire_types[i], k) != wire_tag(wire_types[i], m));
}

/* objects of every type, filled by their tables */

typedef struct Filler {
        Arena *arena;
        unsigned int turn; /* every value is another one */
        unsigned int depth;
        bool only_required;
        bool for_json; /* which has no boxes for some forms, and fewer times */
} Filler;

static void *fill_object(Filler *filler, const WireType *type);

static bool is_concrete(const WireType *type)
{
        return !type->abstract && !type->values;
}

/* One after the other of the types that may stand where @declared is wanted. */
static const WireType *pick_type(Filler *filler, const WireType *declared)
{
        size_t start = filler->turn++;

        if (!declared)
                declared =
                        filler->depth > 1 ? &type_AgentClock : &type_StartProgramInGuestRequestType;
        for (size_t i = 0; i < n_wire_types; i++) {
                const WireType *type = wire_types[(start + i) % n_wire_types];

                if (is_concrete(type) && wire_type_is(type, declared))
                        return type;
        }
        return NULL;
}

static char *fill_string(Filler *filler, const WireType *values)
{
        static const char *const texts[] = {"",     "a",          "/bin/sh", "\xc3\xa4\xe2\x82\xac",
                                            "a\nb", "\"quoted\\", "A=1",     "\x01\x7f"};
        size_t turn = filler->turn++, n = 0;

        if (!values)
                return arena_strdup(filler->arena, texts[turn % ELEMENTS(texts)]);
        while (values->values[n])
                n++;
        return arena_strdup(filler->arena, values->values[turn % n]);
}

static int64_t fill_number(Filler *filler)
{
        static const int64_t numbers[] = {0, 1, -1, INT64_MAX, INT64_MIN, 255, 256, 4242424242};

        return numbers[filler->turn++ % ELEMENTS(numbers)];
}

static void fill_value(Filler *filler, WireForm form, const WireType *type, void *at);

static void fill_array(Filler *filler, WireForm form, const WireType *type, void *at)
{
        WireForm item = wire_form_item(form);
        WireStrings *array = at;

        array->n = 1 + filler->turn++ % 3;
        array->items = arena_array(filler->arena, array->n, wire_form_size(item));
        for (size_t i = 0; i < array->n; i++)
                fill_value(filler, item, type, (char *)array->items + i * wire_form_size(item));
}

static void fill_any(Filler *filler, WireAny *any)
{
        void *value;

        do
                any->form = (WireForm)(1 + filler->turn++ % (FORM_MAX - 1));
        while (any->form == FORM_ANY || (filler->for_json && any->form == FORM_OBJECTS) ||
               (filler->depth > 4 && (any->form == FORM_OBJECT || any->form == FORM_OBJECTS)));
        value = arena_alloc(filler->arena, wire_form_size(any->form));
        fill_value(filler, any->form, NULL, value);
        any->value = value;
        if (any->form == FORM_OBJECT)
                any->type = (*(WireObject *const *)value)->type;
}

static void fill_value(Filler *filler, WireForm form, const WireType *type, void *at)
{
        switch (form) {
        case FORM_BOOL:
                *(bool *)at = filler->turn++ % 2;
                break;
        case FORM_OPT_BOOL:
                *(WireBool *)at = (WireBool){true, filler->turn++ % 2};
                break;
        case FORM_INT:
                *(int32_t *)at = (int32_t)fill_number(filler);
                break;
        case FORM_OPT_INT:
                *(WireInt *)at = (WireInt){true, (int32_t)fill_number(filler)};
                break;
        case FORM_LONG:
                *(int64_t *)at = fill_number(filler);
                break;
        case FORM_OPT_LONG:
                *(WireLong *)at = (WireLong){true, fill_number(filler)};
                break;
        case FORM_STRING:
                *(char **)at = fill_string(filler, type);
                break;
        case FORM_TIME:
                *(WireTime *)at = (WireTime){
                        true, filler->for_json ? 1000003 * (int64_t)filler->turn++ - 5000000
                                               : fill_number(filler)};
                break;
        case FORM_MOREF:
                ((Moref *)at)->type = fill_string(filler, NULL);
                ((Moref *)at)->value = fill_string(filler, NULL);
                break;
        case FORM_OBJECT:
                *(void **)at = fill_object(filler, pick_type(filler, type));
                break;
        case FORM_ANY:
                fill_any(filler, at);
                break;
        case FORM_LONGS:
        case FORM_STRINGS:
        case FORM_MOREFS:
        case FORM_OBJECTS:
                fill_array(filler, form, type, at);
                break;
        case FORM_NONE:
        case FORM_MAX:
                abort();
        }
}

static void *fill_object(Filler *filler, const WireType *type)
{
        WireObject *object = arena_alloc(filler->arena, type->size);

        object->type = type;
        filler->depth++;
        for (size_t i = 0; i < wire_type_count(type); i++) {
                const WireField *field = wire_type_at(type, i);
                bool nests = field->form == FORM_OBJECT || field->form == FORM_OBJECTS;

                if (field->presence == OPTIONAL &&
                    (filler->only_required || (nests && filler->depth > 2)))
                        continue;
                fill_value(filler, field->form, field->type, (char *)object + field->offset);
        }
        filler->depth--;
        return object;
}

/* What a decoder hands out is whole. */

static bool is_whole(const WireObject *object, const WireType *declared);

static bool value_is_whole(WireForm form, const WireType *type, const void *at)
{
        const WireAny *any = at;
        const WireObjects *objects = at;
        const WireMorefs *morefs = at;

        switch (form) {
        case FORM_STRING:
                return !type || wire_enum_has(type, *(char *const *)at);
        case FORM_MOREF:
                return ((const Moref *)at)->type != NULL;
        case FORM_OBJECT:
                return is_whole(*(const WireObject *const *)at, type);
        case FORM_OBJECTS:
                for (size_t i = 0; i < objects->n; i++)
                        if (!objects->items[i] || !is_whole(objects->items[i], type))
                                return false;
                return true;
        case FORM_MOREFS:
                for (size_t i = 0; i < morefs->n; i++)
                        if (!morefs->items[i].type || !morefs->items[i].value)
                                return false;
                return true;
        case FORM_STRINGS:
                for (size_t i = 0; i < ((const WireStrings *)at)->n; i++)
                        if (!((const WireStrings *)at)->items[i])
                                return false;
                return true;
        case FORM_ANY:
                return any->value && (any->form != FORM_OBJECT || any->type) &&
                       (wire_form_item(any->form) != FORM_NONE ||
                        !wire_is_unset(any->form, any->value)) &&
                       value_is_whole(any->form, NULL, any->value);
        case FORM_BOOL:
        case FORM_OPT_BOOL:
        case FORM_INT:
        case FORM_OPT_INT:
        case FORM_LONG:
        case FORM_OPT_LONG:
        case FORM_TIME:
        case FORM_LONGS:
                return true;
        case FORM_NONE:
        case FORM_MAX:
                break;
        }
        return false;
}

static bool is_whole(const WireObject *object, const WireType *declared)
{
        if (!is_concrete(object->type) || (declared && !wire_type_is(object->type, declared)))
                return false;
        for (size_t i = 0; i < wire_type_count(object->type); i++) {
                const WireField *field = wire_type_at(object->type, i);
                const void *at = (const char *)object + field->offset;

                if (wire_is_unset(field->form, at)) {
                        if (field->presence == REQUIRED)
                                return false;
                        continue;
                }
                if (!value_is_whole(field->form, field->type, at))
                        return false;
        }
        return true;
}

/* From memory of exactly that size, so that a byte read too many is seen. */
static int read_bytes(Arena *arena, const void *data, size_t size, const WireType *type, void *ret,
                      WireError *error)
{
        _cleanup_(freep) char *copy = malloc(size ? size : 1);

        if (!copy)
                return -ENOMEM;
        if (size)
                memcpy(copy, data, size);
        return tlv_read(arena, copy, size, type, ret, error);
}

static void check_round_trip(const WireType *type, unsigned int turn, bool only_required)
{
        _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_MAX);
        _cleanup_(buf_done) Buf once = {0}, twice = {0};
        Filler filler = {.arena = arena, .turn = turn, .only_required = only_required};
        const WireObject *object = NULL;
        WireError error;

        tlv_write(&once, fill_object(&filler, type));
        EXPECT_INT(type->name, read_bytes(arena, once.data, once.size, type, &object, &error), 0);
        EXPECT_STR(type->name, error.reason, "");
        EXPECT_STR(type->name, error.path, "");
        if (!object)
                return;
        EXPECT(type->name, object->type == type && is_whole(object, type));
        tlv_write(&twice, object);
        EXPECT_INT(type->name, twice.size, once.size);
        EXPECT(type->name,
               once.size == twice.size &&
                       (once.size == 0 || memcmp(once.data, twice.data, once.size) == 0));
}

static void check_json_round_trip(const WireType *type, unsigned int turn, bool only_required)
{
        _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_MAX);
        _cleanup_(buf_done) Buf once = {0}, twice = {0};
        Filler filler = {
                .arena = arena,
                .turn = turn,
                .only_required = only_required,
                .for_json = true,
        };
        const void *object = fill_object(&filler, type);
        void *again = NULL;
        WireError error;

        json_write(&once, FORM_OBJECT, &object);
        EXPECT_INT(type->name, json_read(arena, once.data, once.size, type, &again, &error), 0);
        EXPECT_STR(type->name, error.reason, "");
        if (!again)
                return;
        EXPECT(type->name, is_whole(again, type));
        json_write(&twice, FORM_OBJECT, &again);
        EXPECT_STR(type->name, buf_text(&twice), buf_text(&once));
}

static void test_round_trips(void)
{
        for (size_t i = 0; i < n_wire_types; i++)
                for (unsigned int turn = 0; is_concrete(wire_types[i]) && turn < 24; turn++) {
                        check_round_trip(wire_types[i], turn, turn % 4 == 3);
                        check_json_round_trip(wire_types[i], turn, turn % 4 == 3);
                }
}

/* Each cut and each flipped bit: refused, or another whole object; never anything between. */

static void check_broken(const WireType *type, const char *data, size_t size)
{
        _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_MAX);
        _cleanup_(buf_done) Buf out = {0};
        const WireObject *object = NULL;
        WireError error;
        int r = read_bytes(arena, data, size, type, &object, &error);

        if (r < 0) {
                EXPECT_INT(type->name, r, -EBADMSG);
                EXPECT(type->name, error.kind != WIRE_OK && error.reason[0] && !object);
                return;
        }
        EXPECT(type->name, is_whole(object, type));
        tlv_write(&out, object);
        EXPECT_INT(type->name, buf_error(&out), 0);
}

static void test_broken(void)
{
        for (size_t i = 0; i < n_wire_types; i++) {
                _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_MAX);
                _cleanup_(buf_done) Buf whole = {0};
                Filler filler = {.arena = arena, .turn = (unsigned int)i};
                const WireType *type = wire_types[i];

                if (!is_concrete(type))
                        continue;
                tlv_write(&whole, fill_object(&filler, type));
                for (size_t n = 0; n < whole.size; n++)
                        check_broken(type, whole.data, n);
                for (size_t bit = 0; bit < 8 * whole.size; bit++) {
                        whole.data[bit / 8] = (char)(whole.data[bit / 8] ^ 1 << bit % 8);
                        check_broken(type, whole.data, whole.size);
                        whole.data[bit / 8] = (char)(whole.data[bit / 8] ^ 1 << bit % 8);
                }
        }
}

/* rows of bytes */

typedef struct Text {
        const char *data;
        size_t size;
} Text;

#define B(literal)                                                                                 \
        {                                                                                          \
                (literal), sizeof(literal) - 1                                                     \
        }

typedef struct Row {
        const char *about;
        const WireType *type;
        Text bytes;
        WireErrorKind kind;
        const char *path;
} Row;

static void check_rows(const Row *rows, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_MAX);
                const WireObject *object = NULL;
                WireError error;
                int r = read_bytes(arena, rows[i].bytes.data, rows[i].bytes.size, rows[i].type,
                                   &object, &error);

                EXPECT_INT(rows[i].about, r, rows[i].kind == WIRE_OK ? 0 : -EBADMSG);
                EXPECT_INT(rows[i].about, error.kind, rows[i].kind);
                EXPECT_STR(rows[i].about, error.path, rows[i].path);
                EXPECT_INT(rows[i].about, object != NULL, rows[i].kind == WIRE_OK);
        }
}

#define CLOCK "\x01\x00\x08\x00\x00\x00\x01\x02\x03\x04\x05\x06\x07\x08"
#define VM    "\x01\x00\x02\x00\x00\x00vm"
#define VER   "\x02\x00\x01\x00\x00\x00v"

static void test_elements(void)
{
        static const Row rows[] = {
                {"whole", &type_AgentClock, B(CLOCK), WIRE_OK, ""},
                {"nothing", &type_AgentClock, B(""), WIRE_BAD_VALUE, "clock"},
                {"nothing wanted", &type_NoParameters, B(""), WIRE_OK, ""},
                {"header cut off", &type_AgentClock, B("\x01\x00\x08\x00\x00"), WIRE_MALFORMED, ""},
                {"one byte", &type_NoParameters, B("\x01"), WIRE_MALFORMED, ""},
                {"value cut off", &type_AgentClock, B("\x01\x00\x08\x00\x00\x00\x01\x02\x03"),
                 WIRE_MALFORMED, ""},
                {"length beyond all", &type_AgentClock, B("\x01\x00\xff\xff\xff\xff\x01\x02"),
                 WIRE_MALFORMED, ""},
                {"a byte behind", &type_AgentClock, B(CLOCK "\x00"), WIRE_MALFORMED, ""},
                {"too short", &type_AgentClock, B("\x01\x00\x04\x00\x00\x00\x01\x02\x03\x04"),
                 WIRE_BAD_VALUE, "clock"},
                {"too long", &type_AgentClock,
                 B("\x01\x00\x09\x00\x00\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09"), WIRE_BAD_VALUE,
                 "clock"},
                {"empty", &type_AgentClock, B("\x01\x00\x00\x00\x00\x00"), WIRE_BAD_VALUE, "clock"},
                {"given twice", &type_AgentClock, B(CLOCK CLOCK), WIRE_BAD_VALUE, "clock"},
                {"string twice", &type_HostHello, B(VM VM VER), WIRE_BAD_VALUE, "vm"},
                {"other order", &type_HostHello, B(VER VM), WIRE_OK, ""},
                {"the second is missing", &type_HostHello, B(VM), WIRE_BAD_VALUE, "version"},
                {"unknown: position", &type_HostHello, B(VM "\x03\x00\x03\x00\x00\x00new" VER),
                 WIRE_OK, ""},
                {"unknown: depth", &type_HostHello,
                 B("\x01\x01\x03\x00\x00\x00new" VM VER "\x01\xff\x00\x00\x00\x00"), WIRE_OK, ""},
                {"unknown: zero", &type_HostHello, B("\x00\x00\x00\x00\x00\x00" VM VER), WIRE_OK,
                 ""},
                {"unknown: twice", &type_NoParameters,
                 B("\x07\x00\x01\x00\x00\x00x\x07\x00\x01\x00\x00\x00x"), WIRE_OK, ""},
                {"unknown: still cut off", &type_HostHello, B(VM VER "\x09\x00\x02\x00\x00\x00x"),
                 WIRE_MALFORMED, ""},
                {"not the depth below", &type_NamePasswordAuthentication,
                 B("\x01\x00\x01\x00\x00\x00\x00\x02\x00\x01\x00\x00\x00x\x01\x01\x01\x00\x00\x00"
                   "u"),
                 WIRE_BAD_VALUE, "password"},
                {"empty string", &type_HostHello, B("\x01\x00\x00\x00\x00\x00" VER), WIRE_OK, ""},
                {"NUL in a string", &type_HostHello, B("\x01\x00\x03\x00\x00\x00v\0m" VER),
                 WIRE_BAD_VALUE, "vm"},
                {"no UTF-8", &type_HostHello, B("\x01\x00\x02\x00\x00\x00\xc3(" VER),
                 WIRE_BAD_VALUE, "vm"},
                {"UTF-8 cut by its length", &type_HostHello,
                 B("\x01\x00\x01\x00\x00\x00\xc3"
                   "\x02\x00\x01\x00\x00\x00\xa4"),
                 WIRE_BAD_VALUE, "vm"},
                {"enum", &type_InvalidPowerState, B("\x02\x03\x09\x00\x00\x00poweredOn"), WIRE_OK,
                 ""},
                {"no enum", &type_InvalidPowerState, B("\x02\x03\x09\x00\x00\x00poweredUp"),
                 WIRE_BAD_VALUE, "existingState"},
        };

        check_rows(rows, ELEMENTS(rows));
}

#define VMREF "\x01\x00\x13\x00\x00\x00\x0eVirtualMachinevm-1"
#define PASSWORD_AUTH                                                                              \
        "\x02\x00\x2f\x00\x00\x00\x1aNamePasswordAuthentication"                                   \
        "\x01\x00\x01\x00\x00\x00\x00\x01\x01\x00\x00\x00\x00\x02\x01\x01\x00\x00\x00p"
#define PID "\x03\x00\x08\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00"

static void test_objects(void)
{
        static const Row rows[] = {
                {"whole", &type_ListProcessesInGuestRequestType, B(VMREF PASSWORD_AUTH), WIRE_OK,
                 ""},
                {"array, scattered", &type_ListProcessesInGuestRequestType,
                 B(PID VMREF PID PASSWORD_AUTH PID), WIRE_OK, ""},
                {"array: one is cut off", &type_ListProcessesInGuestRequestType,
                 B(VMREF PASSWORD_AUTH PID "\x03\x00\x02\x00\x00\x00\x07\x00"), WIRE_BAD_VALUE,
                 "pids"},
                {"reference: name cut off", &type_ListProcessesInGuestRequestType,
                 B("\x01\x00\x03\x00\x00\x00\x0eVi" PASSWORD_AUTH), WIRE_MALFORMED, "vm"},
                {"reference: nothing", &type_ListProcessesInGuestRequestType,
                 B("\x01\x00\x00\x00\x00\x00" PASSWORD_AUTH), WIRE_MALFORMED, "vm"},
                {"reference: both empty", &type_ListProcessesInGuestRequestType,
                 B("\x01\x00\x01\x00\x00\x00\x00" PASSWORD_AUTH), WIRE_OK, ""},
                {"reference: NUL", &type_ListProcessesInGuestRequestType,
                 B("\x01\x00\x04\x00\x00\x00\x01Va\0" PASSWORD_AUTH), WIRE_BAD_VALUE, "vm"},
                {"object: nothing", &type_ListProcessesInGuestRequestType,
                 B(VMREF "\x02\x00\x00\x00\x00\x00"), WIRE_MALFORMED, "auth"},
                {"object: no name", &type_ListProcessesInGuestRequestType,
                 B(VMREF "\x02\x00\x01\x00\x00\x00\x00"), WIRE_BAD_TYPE, "auth"},
                {"object: name cut off", &type_ListProcessesInGuestRequestType,
                 B(VMREF "\x02\x00\x02\x00\x00\x00\x05N"), WIRE_MALFORMED, "auth"},
                {"object: unknown", &type_ListProcessesInGuestRequestType,
                 B(VMREF "\x02\x00\x05\x00\x00\x00\x04Nope"), WIRE_BAD_TYPE, "auth"},
                {"object: abstract", &type_ListProcessesInGuestRequestType,
                 B(VMREF "\x02\x00\x14\x00\x00\x00\x13GuestAuthentication"), WIRE_BAD_TYPE, "auth"},
                {"object: no subtype", &type_ListProcessesInGuestRequestType,
                 B(VMREF "\x02\x00\x0d\x00\x00\x00\x0cNoParameters"), WIRE_BAD_TYPE, "auth"},
                {"object: an enum", &type_ListProcessesInGuestRequestType,
                 B(VMREF "\x02\x00\x19\x00\x00\x00\x18VirtualMachinePowerState"), WIRE_BAD_TYPE,
                 "auth"},
                {"object: something is missing", &type_ListProcessesInGuestRequestType,
                 B(VMREF "\x02\x00\x1b\x00\x00\x00\x1aNamePasswordAuthentication"), WIRE_BAD_VALUE,
                 "auth.interactiveSession"},
                {"object: neither 0 nor 1", &type_ListProcessesInGuestRequestType,
                 B(VMREF "\x02\x00\x22\x00\x00\x00\x1aNamePasswordAuthentication"
                         "\x01\x00\x01\x00\x00\x00\x02"),
                 WIRE_BAD_VALUE, "auth.interactiveSession"},
                {"object twice", &type_ListProcessesInGuestRequestType,
                 B(VMREF PASSWORD_AUTH PASSWORD_AUTH), WIRE_BAD_VALUE, "auth"},
        };
        static const Text scattered = B(PID VMREF PID PASSWORD_AUTH PID);
        _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_MAX);
        const ListProcessesInGuestRequestType *params = NULL;
        WireError error;

        check_rows(rows, ELEMENTS(rows));
        (void)read_bytes(arena, scattered.data, scattered.size,
                         &type_ListProcessesInGuestRequestType, &params, &error);
        EXPECT("decoded", params != NULL);
        if (!params)
                return;
        EXPECT_INT("all three", params->pids.n, 3);
        EXPECT_INT("the last", params->pids.items[2], 7);
        EXPECT_STR("vm", params->vm.type, "VirtualMachine");
        EXPECT_STR("vm", params->vm.value, "vm-1");
        EXPECT("auth", params->auth->type == &type_NamePasswordAuthentication);
}

/* A result is a value in a box: one byte of form, then elements of tag 1. */
static void test_boxes(void)
{
        static const Row rows[] = {
                {"long", &type_ChannelAnswer,
                 B("\x01\x00\x0f\x00\x00\x00\x05\x01\x00\x08\x00\x00\x00\x07\x00\x00\x00\x00\x00"
                   "\x00\x00"),
                 WIRE_OK, ""},
                {"no form", &type_ChannelAnswer, B("\x01\x00\x00\x00\x00\x00"), WIRE_MALFORMED,
                 "result"},
                {"form 0", &type_ChannelAnswer, B("\x01\x00\x01\x00\x00\x00\x00"), WIRE_BAD_VALUE,
                 "result"},
                {"any in any", &type_ChannelAnswer,
                 B("\x01\x00\x08\x00\x00\x00\x0b\x01\x00\x01\x00\x00\x00\x01"), WIRE_BAD_VALUE,
                 "result"},
                {"form beyond the last", &type_ChannelAnswer,
                 B("\x01\x00\x08\x00\x00\x00\x10\x01\x00\x01\x00\x00\x00\x01"), WIRE_BAD_VALUE,
                 "result"},
                {"form 255", &type_ChannelAnswer, B("\x01\x00\x01\x00\x00\x00\xff"), WIRE_BAD_VALUE,
                 "result"},
                {"no value", &type_ChannelAnswer, B("\x01\x00\x01\x00\x00\x00\x01"), WIRE_MALFORMED,
                 "result"},
                {"another tag", &type_ChannelAnswer,
                 B("\x01\x00\x08\x00\x00\x00\x01\x02\x00\x01\x00\x00\x00\x01"), WIRE_MALFORMED,
                 "result"},
                {"two values", &type_ChannelAnswer,
                 B("\x01\x00\x0f\x00\x00\x00\x01\x01\x00\x01\x00\x00\x00\x01\x01\x00\x01\x00\x00"
                   "\x00\x01"),
                 WIRE_MALFORMED, "result"},
                {"a byte behind the value", &type_ChannelAnswer,
                 B("\x01\x00\x09\x00\x00\x00\x01\x01\x00\x01\x00\x00\x00\x01\x00"), WIRE_MALFORMED,
                 "result"},
                {"bool of two bytes", &type_ChannelAnswer,
                 B("\x01\x00\x09\x00\x00\x00\x01\x01\x00\x02\x00\x00\x00\x01\x00"), WIRE_BAD_VALUE,
                 "result"},
                {"optional form", &type_ChannelAnswer,
                 B("\x01\x00\x08\x00\x00\x00\x02\x01\x00\x01\x00\x00\x00\x01"), WIRE_OK, ""},
                {"empty array", &type_ChannelAnswer, B("\x01\x00\x01\x00\x00\x00\x0f"), WIRE_OK,
                 ""},
                {"strings", &type_ChannelAnswer,
                 B("\x01\x00\x0e\x00\x00\x00\x0d\x01\x00\x01\x00\x00\x00x\x01\x00\x00\x00\x00\x00"),
                 WIRE_OK, ""},
                {"array with something else", &type_ChannelAnswer,
                 B("\x01\x00\x0e\x00\x00\x00\x0d\x01\x00\x01\x00\x00\x00x\x02\x00\x00\x00\x00\x00"),
                 WIRE_OK, ""},
                {"array cut off", &type_ChannelAnswer,
                 B("\x01\x00\x08\x00\x00\x00\x0d\x01\x00\x09\x00\x00\x00x"), WIRE_MALFORMED,
                 "result"},
                {"object", &type_ChannelAnswer,
                 B("\x01\x00\x14\x00\x00\x00\x0a\x01\x00\x0d\x00\x00\x00\x0cNoParameters"), WIRE_OK,
                 ""},
                {"abstract object", &type_ChannelAnswer,
                 B("\x01\x00\x13\x00\x00\x00\x0a\x01\x00\x0c\x00\x00\x00\x0bMethodFault"),
                 WIRE_BAD_TYPE, "result"},
                {"given twice", &type_ChannelAnswer,
                 B("\x01\x00\x01\x00\x00\x00\x0f\x01\x00\x01\x00\x00\x00\x0f"), WIRE_BAD_VALUE,
                 "result"},
                {"a fault that is none", &type_ChannelAnswer,
                 B("\x02\x00\x0d\x00\x00\x00\x0cNoParameters"), WIRE_BAD_TYPE, "fault"},
                {"an abstract fault", &type_ChannelAnswer,
                 B("\x02\x00\x09\x00\x00\x00\x08VimFault"), WIRE_BAD_TYPE, "fault"},
        };

        check_rows(rows, ELEMENTS(rows));
}

static void put_element(Buf *out, uint16_t tag, const void *data, size_t size)
{
        const unsigned char header[TLV_HEADER_BYTES] = {
                (unsigned char)tag,          (unsigned char)(tag >> 8),
                (unsigned char)size,         (unsigned char)(size >> 8),
                (unsigned char)(size >> 16), (unsigned char)(size >> 24),
        };

        buf_put(out, header, sizeof(header));
        buf_put(out, data, size);
}

/* A FileNotFound with a chain of @n causes. */
static void put_causes(Buf *out, size_t n)
{
        _cleanup_(buf_done) Buf inner = {0};

        if (n > 0) {
                buf_puts(&inner, "\x0cNotSupported");
                put_causes(&inner, n - 1);
                put_element(out, 1, inner.data, inner.size);
        }
}

static void test_depth(void)
{
        for (size_t n = 0; n < WIRE_DEPTH_MAX + 8; n++) {
                _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_MAX);
                _cleanup_(buf_done) Buf bytes = {0};
                const WireObject *object = NULL;
                WireError error;
                int r;

                put_causes(&bytes, n);
                r = read_bytes(arena, bytes.data, bytes.size, &type_NotSupported, &object, &error);
                EXPECT_INT("as deep as allowed", r, n <= WIRE_DEPTH_MAX ? 0 : -EBADMSG);
                EXPECT_INT("too deep", error.kind, n <= WIRE_DEPTH_MAX ? WIRE_OK : WIRE_BAD_VALUE);
        }
}

static void test_limits(void)
{
        static const struct {
                const char *about;
                size_t string, items, arena;
                int r;
                const char *path;
        } rows[] = {
                {"longest string", WIRE_STRING_MAX, 0, ARENA_MAX, 0, ""},
                {"one byte more", WIRE_STRING_MAX + 1, 0, ARENA_MAX, -EBADMSG, "programPath"},
                {"longest array", 1, WIRE_ITEMS_MAX, ARENA_MAX, 0, ""},
                {"one more", 1, WIRE_ITEMS_MAX + 1, ARENA_MAX, -EBADMSG, "envVariables"},
                {"a small arena", 1, 4096, 16384, -ENOMEM, "envVariables"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(arena_freep) Arena *arena = arena_new(rows[i].arena);
                _cleanup_(freep) char *text = malloc(rows[i].string);
                _cleanup_(buf_done) Buf bytes = {0};
                const WireObject *object = NULL;
                WireError error;

                if (!text)
                        return;
                memset(text, 'x', rows[i].string);
                put_element(&bytes, 1, text, rows[i].string);
                put_element(&bytes, 2, "", 0);
                for (size_t k = 0; k < rows[i].items; k++)
                        put_element(&bytes, 4, "A=1", 3);
                EXPECT_INT(rows[i].about,
                           read_bytes(arena, bytes.data, bytes.size, &type_GuestProgramSpec,
                                      &object, &error),
                           rows[i].r);
                EXPECT_STR(rows[i].about, error.path, rows[i].path);
        }
}

/* The bytes themselves, so that both ends of a protocol do not change together unnoticed. */
static void test_bytes(void)
{
        NamePasswordAuthentication auth = {
                .base.type = &type_NamePasswordAuthentication,
                .username = (char *)"",
                .password = (char *)"p",
        };
        int64_t pids[] = {7, 7};
        ListProcessesInGuestRequestType params = {
                .type = &type_ListProcessesInGuestRequestType,
                .vm = {"VirtualMachine", "vm-1"},
                .auth = &auth.base,
                .pids = {pids, 2},
        };
        const int64_t pid = 7;
        const ChannelAnswer answer = {
                .type = &type_ChannelAnswer,
                .result = {FORM_LONG, NULL, &pid},
        };
        const AgentClock agent_clock = {
                .type = &type_AgentClock,
                .clock = 0x0807060504030201,
        };
        const struct {
                const char *about;
                const void *object;
                Text bytes;
        } rows[] = {
                {"request", &params, B(VMREF PASSWORD_AUTH PID PID)},
                {"box", &answer,
                 B("\x01\x00\x0f\x00\x00\x00\x05\x01\x00\x08\x00\x00\x00\x07\x00\x00\x00\x00\x00"
                   "\x00\x00")},
                {"clock", &agent_clock, B(CLOCK)},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(buf_done) Buf out = {0};

                tlv_write(&out, rows[i].object);
                EXPECT_INT(rows[i].about, out.size, rows[i].bytes.size);
                EXPECT(rows[i].about, out.size == rows[i].bytes.size &&
                                              memcmp(out.data, rows[i].bytes.data, out.size) == 0);
        }
}

int main(void)
{
        test_tags();
        test_form_numbers();
        test_every_tag_is_its_own();
        test_round_trips();
        test_broken();
        test_elements();
        test_objects();
        test_boxes();
        test_depth();
        test_limits();
        test_bytes();
        return test_end();
}
