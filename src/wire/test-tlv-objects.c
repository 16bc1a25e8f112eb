/* Every type of the registry there and back, in both encodings, and every byte and bit broken. */

#include "wire/read.h"
#include "wire/test-fill.h"
#include "wire/test-tlv.h"
#include "wire/write.h"

#include "base/test.h"

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
                .as_text = true,
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

int main(void)
{
        test_round_trips();
        test_broken();
        return test_end();
}
