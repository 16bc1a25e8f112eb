#include "channel/crc32.h"

#include <endian.h>

/*
 * What a byte adds to the sum when @k more bytes follow it is table[k][byte]. That is linear: it is
 * what the byte's bits add, taken together, and those are the numbers that SLICE() is given.
 */
#define BIT(i, bit, sum)               ((i) / (1U << (bit)) % 2U ? (sum) : 0U)
#define LOW(i, a, b, c, d)             (BIT(i, 0, a) ^ BIT(i, 1, b) ^ BIT(i, 2, c) ^ BIT(i, 3, d))
#define HIGH(i, a, b, c, d)            (BIT(i, 4, a) ^ BIT(i, 5, b) ^ BIT(i, 6, c) ^ BIT(i, 7, d))
#define ONE(i, a, b, c, d, e, f, g, h) (LOW(i, a, b, c, d) ^ HIGH(i, e, f, g, h))
#define FOUR(i, ...)                                                                               \
        ONE(i, __VA_ARGS__), ONE((i) + 1U, __VA_ARGS__), ONE((i) + 2U, __VA_ARGS__),               \
                ONE((i) + 3U, __VA_ARGS__)
#define SIXTEEN(i, ...)                                                                            \
        FOUR(i, __VA_ARGS__), FOUR((i) + 4U, __VA_ARGS__), FOUR((i) + 8U, __VA_ARGS__),            \
                FOUR((i) + 12U, __VA_ARGS__)
#define SIXTY_FOUR(i, ...)                                                                         \
        SIXTEEN(i, __VA_ARGS__), SIXTEEN((i) + 16U, __VA_ARGS__), SIXTEEN((i) + 32U, __VA_ARGS__), \
                SIXTEEN((i) + 48U, __VA_ARGS__)
#define SLICE(...)                                                                                 \
        {                                                                                          \
                SIXTY_FOUR(0U, __VA_ARGS__), SIXTY_FOUR(64U, __VA_ARGS__),                         \
                        SIXTY_FOUR(128U, __VA_ARGS__), SIXTY_FOUR(192U, __VA_ARGS__)               \
        }

static const uint32_t table[8][256] = {
        SLICE(0x77073096, 0xee0e612c, 0x076dc419, 0x0edb8832, 0x1db71064, 0x3b6e20c8, 0x76dc4190,
              0xedb88320),
        SLICE(0x191b3141, 0x32366282, 0x646cc504, 0xc8d98a08, 0x4ac21251, 0x958424a2, 0xf0794f05,
              0x3b83984b),
        SLICE(0x01c26a37, 0x0384d46e, 0x0709a8dc, 0x0e1351b8, 0x1c26a370, 0x384d46e0, 0x709a8dc0,
              0xe1351b80),
        SLICE(0xb8bc6765, 0xaa09c88b, 0x8f629757, 0xc5b428ef, 0x5019579f, 0xa032af3e, 0x9b14583d,
              0xed59b63b),
        SLICE(0x3d6029b0, 0x7ac05360, 0xf580a6c0, 0x30704bc1, 0x60e09782, 0xc1c12f04, 0x58f35849,
              0xb1e6b092),
        SLICE(0xcb5cd3a5, 0x4dc8a10b, 0x9b914216, 0xec53826d, 0x03d6029b, 0x07ac0536, 0x0f580a6c,
              0x1eb014d8),
        SLICE(0xa6770bb4, 0x979f1129, 0xf44f2413, 0x33ef4e67, 0x67de9cce, 0xcfbd399c, 0x440b7579,
              0x8816eaf2),
        SLICE(0xccaa009e, 0x4225077d, 0x844a0efa, 0xd3e51bb5, 0x7cbb312b, 0xf9766256, 0x299dc2ed,
              0x533b85da),
};

/* Eight bytes a step, whose sums do not wait for each other. */
uint32_t crc32_of(const void *data, size_t size)
{
        const unsigned char *at = data;
        uint32_t crc = UINT32_MAX;

        for (; size >= 8; at += 8, size -= 8) {
                uint32_t low, high;

                memcpy(&low, at, 4);
                memcpy(&high, at + 4, 4);
                low = le32toh(low) ^ crc;
                high = le32toh(high);
                crc = table[7][low & 255] ^ table[6][low >> 8 & 255] ^ table[5][low >> 16 & 255] ^
                      table[4][low >> 24] ^ table[3][high & 255] ^ table[2][high >> 8 & 255] ^
                      table[1][high >> 16 & 255] ^ table[0][high >> 24];
        }
        for (; size > 0; at++, size--)
                crc = crc >> 8 ^ table[0][(crc ^ *at) & 255];
        return ~crc;
}
