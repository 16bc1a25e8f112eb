#include "base/utf8.h"

/* Return: the length of the character at @s, 0 if it is not well-formed. */
static size_t utf8_length(const unsigned char *s, size_t size)
{
        static const struct {
                unsigned char first, last, second_min, second_max;
                size_t length;
        } rows[] = {
                /* RFC 3629, section 4 */
                {0x00, 0x7f, 0x00, 0xff, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2},
                {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
                {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
                {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4},
                {0xf4, 0xf4, 0x80, 0x8f, 4},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                if (s[0] < rows[i].first || s[0] > rows[i].last)
                        continue;
                if (rows[i].length > size)
                        return 0;
                if (rows[i].length > 1 && (s[1] < rows[i].second_min || s[1] > rows[i].second_max))
                        return 0;
                for (size_t k = 2; k < rows[i].length; k++)
                        if (s[k] < 0x80 || s[k] > 0xbf)
                                return 0;
                return rows[i].length;
        }
        return 0;
}

/* Return: whether the next eight bytes are a character each. */
static bool is_ascii(const unsigned char *s)
{
        uint64_t word;

        memcpy(&word, s, sizeof(word));
        return !(word & UINT64_C(0x8080808080808080));
}

bool utf8_is_valid(const char *text, size_t size)
{
        const unsigned char *s = (const unsigned char *)text;
        size_t n;

        for (size_t at = 0; at < size; at += n) {
                n = size - at >= 8 && is_ascii(s + at) ? 8 : utf8_length(s + at, size - at);
                if (n == 0)
                        return false;
        }
        return true;
}

size_t utf8_character(const char *text)
{
        unsigned char c = (unsigned char)*text;

        if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
                return 0;
        if (strncmp(text, "\xef\xbf\xbe", 3) == 0 || strncmp(text, "\xef\xbf\xbf", 3) == 0)
                return 0;
        return utf8_length((const unsigned char *)text, strnlen(text, UTF8_CHARACTER_MAX));
}

void utf8_defuse(char *text)
{
        while (*text) {
                size_t n = utf8_character(text);

                if (n == 0)
                        *text = '?';
                text += n > 0 ? n : 1;
        }
}

/* Of control characters, line ends and directions: U+007F to 009F, 2028 to 202E, 2066 to 2069. */
static bool is_for_terminals(const unsigned char *c, size_t n)
{
        if (n == 1)
                return *c < 0x20 || *c == 0x7f;
        if (n == 2)
                return c[0] == 0xc2 && c[1] < 0xa0;
        return n == 3 && c[0] == 0xe2 &&
               ((c[1] == 0x80 && c[2] >= 0xa8 && c[2] <= 0xae) ||
                (c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9));
}

void utf8_defuse_line(char *text)
{
        utf8_defuse(text);
        while (*text) {
                size_t n = utf8_character(text);

                if (is_for_terminals((const unsigned char *)text, n))
                        memset(text, '?', n);
                text += n;
        }
}
