/* The channel's encoding, as rows: bytes that are understood, and bytes that are refused. */

#include "wire/test-tlv.h"
#include "schema/tables.h"
#include "wire/tlv.h"
#include "wire/write.h"

#include "base/test.h"

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
        test_elements();
        test_objects();
        test_boxes();
        test_depth();
        test_limits();
        test_bytes();
        return test_end();
}
