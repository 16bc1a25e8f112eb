/* Whose agent an id is of. Machines are not looked into: any pointer will do. */

#include "guestops/instances.h"

#include "base/test.h"

static void test_claims(void)
{
        static char places[3];
        Guest *one = (Guest *)(void *)&places[0], *other = (Guest *)(void *)&places[1];
        char a[] = "a", same[] = "a", b[] = "b";
        Instances instances = {0};

        EXPECT("new", !instances_claim(&instances, a, one));
        EXPECT("again", !instances_claim(&instances, a, one));
        EXPECT("another id", !instances_claim(&instances, b, other));
        instances_release(&instances, b, other);
        EXPECT("the same id", instances_claim(&instances, same, other) == one);
        instances_release(&instances, same, other);
        EXPECT("still the first one's", instances_claim(&instances, same, other) == one);
        instances_release(&instances, a, one);
        EXPECT("it is free", !instances_claim(&instances, same, other));
        EXPECT("and taken", instances_claim(&instances, a, one) == other);
        instances_release(&instances, same, other);
        instances_release(&instances, same, other);
        EXPECT("empty", !instances.root);
}

static void test_many(void)
{
        static char places[1000], texts[1000][8];
        Instances instances = {0};

        for (size_t i = 0; i < ELEMENTS(places); i++) {
                (void)snprintf(texts[i], sizeof(texts[i]), "%zu", i);
                EXPECT("many", !instances_claim(&instances, texts[i], (Guest *)(void *)&places[i]));
        }
        for (size_t i = 0; i < ELEMENTS(places); i++)
                instances_release(&instances, texts[i], (Guest *)(void *)&places[i]);
        EXPECT("empty", !instances.root);
}

int main(void)
{
        test_claims();
        test_many();
        return test_end();
}
