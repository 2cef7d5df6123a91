// SPDX-License-Identifier: Apache-2.0
/* basic.c: what needs no other task: texts, numbers, lists, bits, memory, parameters. */
#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/crc32.h>
#include <linux/debugfs.h>
#include <linux/kernel.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/multikernel.h>
#include <linux/percpu.h>
#include <linux/proc_fs.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "check.h"

static int number = 7;
module_param(number, int, 0444);
static bool flag;
module_param(flag, bool, 0444);
static char *text = "none";
module_param(text, charp, 0444);
static unsigned int list_of[4], list_count;
module_param_array(list_of, uint, &list_count, 0444);
static char room[8] = "x";
module_param_string(room, room, sizeof(room), 0444);
static u64 shown = 42;

static bool is_text(const char *want, const char *format, ...)
{
    char have[200];
    va_list args;

    va_start(args, format);
    int n = vsnprintf(have, sizeof(have), format, args);
    va_end(args);
    if (!strcmp(have, want) && n == (int)strlen(want))
        return true;
    pr_err("FAIL format: \"%s\", wanted \"%s\"\n", have, want);
    return false;
}

static void formats(void)
{
    char cut[5];
    u8 bytes[] = {1, 0xab, 0xff};
    phys_addr_t address = 0x1000;

    is_text("  -5|+7|007|7   |0x1f|37", "%4d|%+d|%03d|%-4d|%#x|%o", -5, 7, 7, 7, 31, 31);
    is_text("-128 255 65535 -1 18446744073709551615", "%hhd %hhu %hu %ld %llu", 128, 255, 65535, -1L, ~0ULL);
    is_text("ab|   ab|ab   |a|(null)|x%", "%s|%5s|%-5s|%.1s|%s|%c%%", "ab", "ab", "ab", "ab", (char *)NULL, 'x');
    is_text("000000000000abcd|-ENOMEM|01 ab ff|01:ab:ff|01abff", "%px|%pe|%*ph|%*phC|%*phN", (void *)0xabcd,
        ERR_PTR(-ENOMEM), 3, bytes, 3, bytes, 3, bytes);
    is_text("(null)|0000000000001000", "%pe|%pe", NULL, (void *)0x1000); /* what is no error */
    is_text("0x0000000000001000|    12|00012", "%pa|%*d|%.5d", &address, 6, 12, 12);
    const char *seven = READ_ONCE(number) ? "abcdefg" : "";
    CHECK(snprintf(cut, sizeof(cut), "%s", seven) == 7 && !strcmp(cut, "abcd"));
    CHECK(scnprintf(cut, sizeof(cut), "%s", seven) == 4);
    char *made = kasprintf(GFP_KERNEL, "%d-%s", 3, "x");
    CHECK(!strcmp(made, "3-x"));
    kfree(made);
    snprintf(cut, sizeof(cut), "%ps", (void *)formats);
    CHECK(!strcmp(cut, "form"));
    pr_info("one ");
    pr_cont("line\n");
    printk(KERN_WARNING "two\nlines\n");
    int a, b;
    CHECK(sscanf("12 0x1f", "%d %x", &a, &b) == 2 && a == 12 && b == 31);
}

static void numbers(void)
{
    int i = 1;
    u8 byte;
    unsigned long n;
    bool b;
    char *end;

    CHECK(!kstrtoint("-12\n", 10, &i) && i == -12);
    CHECK(!kstrtoint("0x10", 0, &i) && i == 16 && !kstrtoint("010", 0, &i) && i == 8);
    CHECK(kstrtoint("12x", 10, &i) == -EINVAL && kstrtoint("", 10, &i) == -EINVAL);
    CHECK(kstrtoint("3000000000", 10, &i) == -ERANGE && kstrtou8("256", 10, &byte) == -ERANGE);
    CHECK(kstrtoul("99999999999999999999", 10, &n) == -ERANGE);
    CHECK(!kstrtobool("on", &b) && b && !kstrtobool("0", &b) && !b && kstrtobool("?", &b) == -EINVAL);
    CHECK(memparse("4Kx", &end) == 4096 && *end == 'x' && memparse("0x10M", NULL) == 16 << 20);
    CHECK(min(3, 5) == 3 && max(3u, 5u) == 5 && clamp(9, 1, 4) == 4 && min_t(u8, 300, 50) == 44);
    CHECK(DIV_ROUND_UP(9, 4) == 3 && round_up(9, 8) == 16 && roundup(9, 5) == 10 && abs(-3) == 3);
    CHECK(ALIGN(5, 4) == 8 && IS_ALIGNED(8, 4) && int_sqrt(99) == 9 && div64_u64(100, 7) == 14);
    CHECK(crc32_le(~0u, "123456789", 9) == ~0xcbf43926u && crc32c(~0u, "123456789", 9) == ~0xe3069283u);
    CHECK(ilog2(4096) == 12 && is_power_of_2(64) && roundup_pow_of_two(65) == 128 && fls(8) == 4 && __ffs(8) == 3);
    CHECK(get_random_u32_below(3) < 3 && get_random_u64() != get_random_u64());
}

static void texts(void)
{
    char s[16] = "  a b  ", *at = s, to[4];

    CHECK(!strcmp(strim(at), "a b"));
    CHECK(strscpy(to, "abcdef") == -E2BIG && !strcmp(to, "abc") && strscpy(to, "ab", sizeof(to)) == 2);
    strcpy(s, "x,y");
    at = s;
    CHECK(!strcmp(strsep(&at, ","), "x") && !strcmp(at, "y"));
    CHECK(sysfs_streq("a\n", "a") && !sysfs_streq("a", "b") && str_has_prefix("abc", "ab") == 2);
    CHECK(!memchr_inv("aaa", 'a', 3) && !strcmp(kbasename("/a/b"), "b"));
}

struct item {
    int n;
    struct list_head list;
    struct hlist_node hash;
    struct llist_node lock_free;
};

static void lists(void)
{
    struct item items[4], *at, *next;
    LIST_HEAD(head);
    HLIST_HEAD(hash);
    LLIST_HEAD(free);
    int sum = 0;

    for (int i = 0; i < 4; i++) {
        items[i].n = i;
        list_add_tail(&items[i].list, &head);
        hlist_add_head(&items[i].hash, &hash);
        CHECK(llist_add(&items[i].lock_free, &free) == (i == 0));
    }
    list_for_each_entry_safe(at, next, &head, list)
        if (at->n == 2)
            list_del(&at->list);
    list_for_each_entry(at, &head, list)
        sum = sum * 10 + at->n;
    CHECK(sum == 13);
    list_for_each_entry_reverse(at, &head, list)
        sum = sum * 10 + at->n;
    CHECK(sum == 13310);
    hlist_del(&items[1].hash);
    sum = 0;
    hlist_for_each_entry(at, &hash, hash)
        sum = sum * 10 + at->n;
    CHECK(sum == 320);
    CHECK(llist_entry(llist_reverse_order(llist_del_all(&free)), struct item, lock_free)->n == 0 && llist_empty(&free));
}

static void bits(void)
{
    DECLARE_BITMAP(map, 130);
    atomic_t a = ATOMIC_INIT(1);
    unsigned long n;
    int count = 0, old = 1;

    bitmap_zero(map, 130);
    set_bit(3, map);
    CHECK(!test_and_set_bit(129, map) && test_bit(129, map) && bitmap_weight(map, 130) == 2);
    for_each_set_bit(n, map, 130)
        count += (int)n;
    CHECK(count == 132 && find_first_zero_bit(map, 130) == 0);
    CHECK(atomic_inc_return(&a) == 2 && atomic_fetch_add(3, &a) == 2 && atomic_cmpxchg(&a, 5, 9) == 5);
    CHECK(atomic_read(&a) == 9 && !atomic_try_cmpxchg(&a, &old, 3) && old == 9 && atomic_add_unless(&a, 1, 0));
    CHECK(xchg(&old, 4) == 9 && cmpxchg(&old, 4, 5) == 4 && old == 5);
}

static void construct(void *object)
{
    *(int *)object = 77;
}

static DEFINE_PER_CPU(int, counter) = 5;

static void memory(void)
{
    struct kmem_cache *cache = kmem_cache_create("things", 100, 0, 0, construct);
    int *object = kmem_cache_alloc(cache, GFP_KERNEL), *each = alloc_percpu(int);
    char *p = kzalloc(4096, GFP_KERNEL), *q = kstrdup("dup", GFP_KERNEL);
    unsigned long page = get_zeroed_page(GFP_KERNEL), pages = __get_free_pages(GFP_KERNEL, 2);

    CHECK(*object == 77 && !((unsigned long)p & 4095) && !memchr_inv(p, 0, 4096) && !strcmp(q, "dup"));
    p = krealloc(p, 8192, GFP_KERNEL);
    CHECK(!memchr_inv(p, 0, 4096) && ksize(p) == 8192 && !kmalloc_array(~0ul / 2, 4, GFP_KERNEL));
    kmem_cache_free(cache, object);
    kmem_cache_destroy(cache);
    kfree(p);
    kfree(q);
    kfree(NULL);
    kfree(kmalloc(0, GFP_KERNEL));
    vfree(vzalloc(10000));
    CHECK(page && pages && !(virt_to_phys((void *)pages) & 16383));
    CHECK(phys_to_virt(virt_to_phys((void *)page)) == (void *)page);
    CHECK(page_address(virt_to_page((void *)page)) == (void *)page);
    CHECK(virt_to_pfn(pages + 4096) == virt_to_pfn(pages) + 1);
    char *map = memremap(virt_to_phys((void *)page), 4096, MEMREMAP_WB);
    map[5] = 'x';
    CHECK(((char *)page)[5] == 'x');
    memunmap(map);
    free_page(page);
    free_pages(pages, 2);
    this_cpu_inc(counter);
    *per_cpu_ptr(each, 0) = 3;
    CHECK(per_cpu(counter, 0) == 6 && *this_cpu_ptr(each) == 3 && counter == 5);
    if (num_online_cpus() > 1)
        CHECK(per_cpu(counter, 1) == 5 && *per_cpu_ptr(each, 1) == 0);
    free_percpu(each);
    struct mk_instance *own = mk_instance_find(mk_this_instance_id());
    CHECK(own && own->instance_pool && own->state == MK_STATE_ACTIVE && cpumask_weight(own->cpus) == num_online_cpus());
    CHECK(!mk_instance_find(200) && multikernel_send_ipi_data(200, NULL, 0, 1) == -EINVAL);
    phys_addr_t raw = multikernel_instance_alloc(own->instance_pool, 8192, 4096);
    CHECK(raw);
    multikernel_instance_free(own->instance_pool, raw, 8192);
}

static int shown_show(struct seq_file *file, void *data)
{
    seq_printf(file, "number %d\n", *(int *)file->private);
    seq_puts(file, "second");
    return 0;
}
DEFINE_SHOW_ATTRIBUTE(shown);

static struct dentry *directory;

static int __init basic_init(void)
{
    CHECK(number == -12 && flag && !strcmp(text, "hello") && list_count == 3 && list_of[2] == 30);
    CHECK(!strcmp(room, "fits"));
    CHECK(!strcmp(current->comm, "insmod") && in_task() && !in_atomic() && !strcmp(THIS_MODULE->name, "basic"));
    formats();
    numbers();
    texts();
    lists();
    bits();
    memory();
    directory = debugfs_create_dir("basic", NULL);
    debugfs_create_file("shown", 0444, directory, &number, &shown_fops);
    debugfs_create_u64("value", 0444, directory, &shown);
    for (int i = 0; i < 15; i++)
        pr_notice_ratelimited("limited %d\n", i);
    return 0;
}

static void __exit basic_exit(void)
{
    debugfs_remove(directory);
}

module_init(basic_init);
module_exit(basic_exit);
MODULE_LICENSE("Apache-2.0");
MODULE_DESCRIPTION("tests");
