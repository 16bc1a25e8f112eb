/* The ring: what goes in comes out, wherever its end lies. */

#include "base/ring.h"
#include "base/test.h"

#define SPACE ((size_t)7)

/* Bytes that count up go in and come out in pieces of every size. */
static void test_order(void)
{
        for (size_t in = 1; in <= SPACE; in++)
                for (size_t out = 1; out <= SPACE; out++) {
                        _cleanup_(ring_done) Ring ring = {.space = SPACE};
                        unsigned char written = 0, read = 0;
                        bool same = true;

                        for (int turn = 0; turn < 50; turn++) {
                                char piece[SPACE], taken[SPACE];
                                size_t before = ring.size, n;

                                for (size_t i = 0; i < in; i++)
                                        piece[i] = (char)(written + i);
                                if (ring_put(&ring, piece, in) >= 0)
                                        written = (unsigned char)(written + in);
                                else
                                        same &= before + in > SPACE && ring.size == before;
                                n = ring_take(&ring, taken, out);
                                for (size_t i = 0; i < n; i++)
                                        same &= (unsigned char)taken[i] == read++;
                        }
                        EXPECT("same bytes", same);
                        EXPECT_INT("none lost", (unsigned char)(written - read), ring.size);
                }
}

static void test_limits(void)
{
        _cleanup_(ring_done) Ring ring = {.space = SPACE};
        char bytes[SPACE + 1] = "1234567";

        EXPECT_INT("nothing there", ring_take(&ring, bytes, 1), 0);
        EXPECT_INT("nothing put", ring_put(&ring, bytes, 0), 0);
        EXPECT("no memory for nothing", !ring.data);
        EXPECT_INT("too much at once", ring_put(&ring, bytes, SPACE + 1), -ENOBUFS);
        EXPECT_INT("full", ring_put(&ring, bytes, SPACE), 0);
        EXPECT_INT("too much", ring_put(&ring, bytes, 1), -ENOBUFS);
        EXPECT_INT("all", ring_take(&ring, bytes, SPACE + 1), SPACE);
        EXPECT_STR("all", bytes, "1234567");
}

int main(void)
{
        test_order();
        test_limits();
        return test_end();
}
