/* Memory from the system, in multiples of a slab, at addresses that are multiples of one. Where the system has large pages
   it is asked for them: then new memory comes seven times as fast. */

#include <stddef.h>
#include <sys/mman.h>

#define SLAB ((size_t)1 << 21)  /* bytes: a large page */
#define SLAB_OF(thing) ((void *)((size_t)(thing) & ~(SLAB - 1)))

static void *lent[4096];  /* slabs that are lent to the system, see below */
static size_t lent_count;

static void delete_memory(void *memory, size_t size) {
    if (size)
        munmap(memory, size);
}

/* NULL when there is none, even after what was lent has been given back. */
static void *new_memory(size_t size, int large_pages) {
    char *all, *memory;
    while ((all = mmap(NULL, size + SLAB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) == MAP_FAILED) {
        if (!lent_count)
            return NULL;
        delete_memory(lent[--lent_count], SLAB);
    }
    memory = SLAB_OF(all + SLAB - 1);
    delete_memory(all, memory - all);
    delete_memory(memory + size, all + SLAB - memory);
#ifdef MADV_HUGEPAGE
    if (large_pages)
        madvise(memory, size, MADV_HUGEPAGE);
#endif
    return memory;
}

/* Lend memory to the system, which may take it, with what is in it, as long as nothing is written there. To use it again
   costs nothing if the system had no need of it; new memory costs more than all that is done in it, in a virtual machine
   much more. Returns 0 where that cannot be. */
static int lend_memory(void *memory, size_t size) {
#ifdef MADV_FREE
    return madvise(memory, size, MADV_FREE) == 0;
#else
    return 0;
#endif
}

static void *new_slab(void) { return lent_count ? lent[--lent_count] : new_memory(SLAB, 1); }

static void delete_slab(void *slab) {
    if (lent_count < sizeof lent / sizeof *lent && lend_memory(slab, SLAB))
        lent[lent_count++] = slab;
    else
        delete_memory(slab, SLAB);
}
