#include "agent/guest-path.h"

#include "base/test.h"
#include "base/utf8.h"

static void test_spellings(void)
{
        static const struct {
                const char *about, *bytes, *text;
        } rows[] = {
                {"nothing", "", ""},
                {"plain", "/tmp/a b", "/tmp/a b"},
                {"UTF-8", "/tmp/\xc3\xa4\xf0\x9f\x90\xa7", "/tmp/\xc3\xa4\xf0\x9f\x90\xa7"},
                {"Latin-1", "/tmp/\xe4", "/tmp/\xef\x83\xa4"},
                {"Latin-1 before a letter", "\xe4z", "\xef\x83\xa4z"},
                {"a character cut short", "\xc3", "\xef\x83\x83"},
                {"a surrogate", "\xed\xa0\x80", "\xef\x83\xad\xef\x82\xa0\xef\x82\x80"},
                {"control characters", "a\x01z\x1f", "a\xef\x80\x81z\xef\x80\x9f"},
                {"what XML takes of them", "a\tb\nc\rd\x7f", "a\tb\nc\rd\x7f"},
                {"U+FFFE", "\xef\xbf\xbe", "\xef\x83\xaf\xef\x82\xbf\xef\x82\xbe"},
                {"the escape itself", "\xef\x83\xa4", "\xef\x83\xaf\xef\x82\x83\xef\x82\xa4"},
                {"private, and no escape", "\xef\x81\x81\xef\x80\xaf", "\xef\x81\x81\xef\x80\xaf"},
        };
        _cleanup_(arena_freep) Arena *arena = arena_new(1 << 16);

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                EXPECT_STR(rows[i].about, guest_path_encode(arena, rows[i].bytes), rows[i].text);
                EXPECT_STR(rows[i].about, guest_path_decode(arena, rows[i].text), rows[i].bytes);
        }
}

/* Every two bytes: there is a way back, and it fits into both spellings of the API. */
static void test_round_trip(void)
{
        for (unsigned int pair = 0x0101; pair <= 0xffff; pair++) {
                _cleanup_(arena_freep) Arena *arena = arena_new(1 << 12);
                const char bytes[] = {(char)(pair >> 8), (char)pair, '\0'};
                const char *text = guest_path_encode(arena, bytes);

                if (!(pair & 0xff))
                        continue;
                EXPECT_STR("round trip", guest_path_decode(arena, text), bytes);
                for (const char *p = text; *p; p += utf8_character(p))
                        if (utf8_character(p) == 0) {
                                EXPECT("a character that cannot be sent", false);
                                break;
                        }
        }
}

int main(void)
{
        test_spellings();
        test_round_trip();
        return test_end();
}
