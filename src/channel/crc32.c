#include "channel/crc32.h"

#include <endian.h>

#define WORD   sizeof(uint64_t)
#define ENOUGH (6 * WORD) /* a word, and the five that its bits are moved into */

/* What a byte adds to the sum: what its bits add, taken together. */
#define BIT(i, bit, sum) ((i) >> (bit)&1U ? (sum) : 0U)
#define ONE(i)                                                                                     \
        (BIT(i, 0, 0x77073096U) ^ BIT(i, 1, 0xee0e612cU) ^ BIT(i, 2, 0x076dc419U) ^                \
         BIT(i, 3, 0x0edb8832U) ^ BIT(i, 4, 0x1db71064U) ^ BIT(i, 5, 0x3b6e20c8U) ^                \
         BIT(i, 6, 0x76dc4190U) ^ BIT(i, 7, 0xedb88320U))
#define FOUR(i)       ONE(i), ONE((i) + 1U), ONE((i) + 2U), ONE((i) + 3U)
#define SIXTEEN(i)    FOUR(i), FOUR((i) + 4U), FOUR((i) + 8U), FOUR((i) + 12U)
#define SIXTY_FOUR(i) SIXTEEN(i), SIXTEEN((i) + 16U), SIXTEEN((i) + 32U), SIXTEEN((i) + 48U)

static const uint32_t table[256] = {SIXTY_FOUR(0U), SIXTY_FOUR(64U), SIXTY_FOUR(128U),
                                    SIXTY_FOUR(192U)};

static uint64_t get_word(const unsigned char *at)
{
        uint64_t word;

        memcpy(&word, at, sizeof(word));
        return le64toh(word);
}

static uint32_t add_bytes(uint32_t crc, const unsigned char *at, size_t size)
{
        for (; size > 0; at++, size--)
                crc = crc >> 8 ^ table[(crc ^ *at) & 255];
        return crc;
}

/* Likewise, of a word that stands in memory as its bytes do, the lowest first. */
static uint32_t add_word(uint32_t crc, uint64_t word)
{
        for (size_t i = 0; i < WORD; i++, word >>= 8)
                crc = crc >> 8 ^ table[(crc ^ word) & 255];
        return crc;
}

/*
 * The sum is a remainder, so it stays what it is when a multiple of the divisor is added. One
 * multiple is x^300 + x^155 + x^117 + x^89 + 1: a bit may be taken away where 145, 183, 211 and
 * 300 bits behind it one is added. So each word is moved into those behind it, without a table,
 * up to the last five, which are summed up.
 */
uint32_t crc32_of(const void *data, size_t size)
{
        const unsigned char *at = data;
        uint64_t next = UINT32_MAX, second = 0, third = 0, fourth = 0, fifth = 0;
        uint32_t crc = 0;

        if (size < ENOUGH)
                return ~add_bytes(UINT32_MAX, at, size);
#pragma GCC unroll 5
        for (; size >= ENOUGH; at += WORD, size -= WORD) {
                uint64_t word = get_word(at) ^ next;

                next = second;
                second = third ^ word << 17 ^ word << 55;
                third = fourth ^ word >> 47 ^ word >> 9 ^ word << 19;
                fourth = fifth ^ word >> 45 ^ word << 44;
                fifth = word >> 20;
        }
        crc = add_word(crc, get_word(at) ^ next);
        crc = add_word(crc, get_word(at + WORD) ^ second);
        crc = add_word(crc, get_word(at + 2 * WORD) ^ third);
        crc = add_word(crc, get_word(at + 3 * WORD) ^ fourth);
        crc = add_word(crc, get_word(at + 4 * WORD) ^ fifth);
        return ~add_bytes(crc, at + 5 * WORD, size - 5 * WORD);
}
