/* Memory from the system, in multiples of a slab and aligned to one. Large pages are requested where the system has
   them: getting new memory is then seven times as fast. */

#include <stddef.h>
#include <sys/mman.h>

#define SLAB ((size_t)1 << 21)  /* bytes: a large page */
#define SLAB_OF(thing) ((void *)((size_t)(thing) & ~(SLAB - 1)))

static void *reclaimable[4096];  /* slabs whose memory the system may take, see below */
static size_t reclaimable_count;

static void delete_memory(void *memory, size_t size) {
    if (size)
        munmap(memory, size);
}

/* New memory; NULL if there is none even after the reclaimable slabs have been unmapped. */
static void *new_memory(size_t size, int large_pages) {
    char *all, *memory;
    while ((all = mmap(NULL, size + SLAB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) == MAP_FAILED) {
        if (!reclaimable_count)
            return NULL;
        delete_memory(reclaimable[--reclaimable_count], SLAB);
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

/* Mark memory as reclaimable: the system may take it, with its contents, until something is written there. Reusing it
   costs nothing if the system did not need it; new memory costs more than all the work done in it, and much more in a
   virtual machine. Returns 0 where the system cannot do this. */
static int reclaim_later(void *memory, size_t size) {
#ifdef MADV_FREE
    return madvise(memory, size, MADV_FREE) == 0;
#else
    return 0;
#endif
}

static void *new_slab(void) { return reclaimable_count ? reclaimable[--reclaimable_count] : new_memory(SLAB, 1); }

static void delete_slab(void *slab) {
    if (reclaimable_count < sizeof reclaimable / sizeof *reclaimable && reclaim_later(slab, SLAB))
        reclaimable[reclaimable_count++] = slab;
    else
        delete_memory(slab, SLAB);
}
