/* What kernels.py does with numpy where this was not built: the same results, four times as fast.
 *
 * Values are taken a block at a time, which stays in the processor's first cache, and widened to
 * double. Loops run over rows of LANES independent accumulators: compilers then use vector
 * instructions without being allowed to reorder additions or to forget about NaN. Nothing is
 * allocated, buffers carry their own lengths, and other Python threads run meanwhile. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

/* Built three times, for AVX-512, AVX2 and any processor; the dynamic loader picks. It halves the
 * time. GCC 12 is the first that knows of levels of x86-64. */
#if defined(__x86_64__) && defined(__GLIBC__) && __GNUC__ >= 12 && !defined(__clang__)
#define VECTORS __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define VECTORS
#endif

enum { BLOCK = 1024, LANES = 32, KEYS = 1 << 16 }; /* a block is whole rows of LANES */

typedef struct {
    uint64_t count;
    double mean, m2, l1;
} Moments;

/* Smallest and largest key, in the order of the values that have them. */
typedef struct {
    int16_t low, high;
} KeyRange;

typedef struct {
    Moments moments;
    KeyRange keys; /* of the blocks that low and high were looked for in, but for special ones */
    double low, high;
    uint64_t nan, posinf, neginf, zeros;
    Py_ssize_t first_nan, first_inf; /* -1: there is none */
} Measures;

/* Values as doubles, and the leading 16 bits of each; how many are zero. */
VECTORS
static uint32_t load_floats(const char *values, size_t count, double *exact, uint16_t *keys) {
    uint32_t zeros = 0;
    for (size_t i = 0; i < count; i++) {
        float value;
        uint32_t bits;
        memcpy(&value, values + i * sizeof value, sizeof value);
        memcpy(&bits, values + i * sizeof bits, sizeof bits);
        exact[i] = value;
        keys[i] = (uint16_t)(bits >> 16);
        zeros += bits << 1 == 0;
    }
    return zeros;
}

VECTORS
static uint32_t load_doubles(const char *values, size_t count, double *exact, uint16_t *keys) {
    uint32_t zeros = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t bits;
        memcpy(&exact[i], values + i * sizeof exact[i], sizeof exact[i]);
        memcpy(&bits, values + i * sizeof bits, sizeof bits);
        keys[i] = (uint16_t)(bits >> 48);
        zeros += bits << 1 == 0;
    }
    return zeros;
}

VECTORS
static KeyRange find_keys(const uint16_t *keys, size_t count) {
    KeyRange range = {INT16_MAX, INT16_MIN};
    for (size_t i = 0; i < count; i++) {
        int16_t key = (int16_t)keys[i];
        key = (int16_t)(key < 0 ? key ^ INT16_MAX : key);
        range.low = key < range.low ? key : range.low;
        range.high = key > range.high ? key : range.high;
    }
    return range;
}

/* Two tables in turn, and none for a block of equals: a count waits for the one before it. */
static void count_keys(const uint16_t *keys, size_t count, KeyRange range, uint32_t *table) {
    uint32_t *other = table + KEYS;
    size_t i = 0;
    if (range.low == range.high) {
        table[keys[0]] += (uint32_t)count;
        return;
    }
    for (; i + 1 < count; i += 2) {
        table[keys[i]]++;
        other[keys[i + 1]]++;
    }
    if (i < count)
        table[keys[i]]++;
}

/* Count what is not finite and close the gaps; how many values are left. */
static size_t drop_special(double *exact, size_t count, Py_ssize_t start, Measures *all) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (isfinite(exact[i])) {
            exact[kept++] = exact[i];
        } else if (isnan(exact[i])) {
            if (all->nan++ == 0)
                all->first_nan = start + (Py_ssize_t)i;
        } else {
            if (all->posinf + all->neginf == 0)
                all->first_inf = start + (Py_ssize_t)i;
            *(exact[i] > 0 ? &all->posinf : &all->neginf) += 1;
        }
    }
    return kept;
}

/* Fill the last row of LANES with a value that changes nothing; how many there are then. */
static size_t pad(double *exact, size_t count, double value) {
    while (count % LANES)
        exact[count++] = value;
    return count;
}

VECTORS
static double sum_magnitudes(const double *exact, size_t count) {
    double sums[LANES] = {0}, sum = 0;
    for (const double *end = exact + count; exact < end; exact += LANES)
        for (int lane = 0; lane < LANES; lane++)
            sums[lane] += fabs(exact[lane]);
    for (int lane = 0; lane < LANES; lane++)
        sum += sums[lane];
    return sum;
}

/* In numpy's order (pairwise_sum of its loops_utils.h.src): what rounding leaves of a few values of
 * both signs and all magnitudes is then the same. */
VECTORS
static double add_up(const double *exact, size_t count) {
    double sums[8], sum = 0;
    size_t i = 0;
    if (count > 128) {
        size_t half = count / 16 * 8;
        return add_up(exact, half) + add_up(exact + half, count - half);
    }
    if (count >= 8) {
        memcpy(sums, exact, sizeof sums);
        for (i = 8; i + 8 <= count; i += 8) {
            const double *row = exact + i;
            for (int lane = 0; lane < 8; lane++)
                sums[lane] += row[lane];
        }
        sum = ((sums[0] + sums[1]) + (sums[2] + sums[3])) +
              ((sums[4] + sums[5]) + (sums[6] + sums[7]));
    }
    for (; i < count; i++)
        sum += exact[i];
    return sum;
}

VECTORS
static double sum_squares(const double *exact, size_t count, double mean) {
    double sums[LANES] = {0}, sum = 0;
    for (const double *end = exact + count; exact < end; exact += LANES)
        for (int lane = 0; lane < LANES; lane++) {
            double distance = exact[lane] - mean;
            sums[lane] += distance * distance;
        }
    for (int lane = 0; lane < LANES; lane++)
        sum += sums[lane];
    return sum;
}

VECTORS
static void widen_range(const double *exact, size_t count, double *low, double *high) {
    double lows[LANES], highs[LANES];
    for (int lane = 0; lane < LANES; lane++) {
        lows[lane] = *low;
        highs[lane] = *high;
    }
    for (const double *end = exact + count; exact < end; exact += LANES)
        for (int lane = 0; lane < LANES; lane++) {
            double value = exact[lane];
            lows[lane] = value < lows[lane] ? value : lows[lane];
            highs[lane] = value > highs[lane] ? value : highs[lane];
        }
    for (int lane = 0; lane < LANES; lane++) {
        *low = lows[lane] < *low ? lows[lane] : *low;
        *high = highs[lane] > *high ? highs[lane] : *high;
    }
}

/* Chan, Golub and LeVeque (1979), eq. 2.1; as Moments.merge in kernels.py. */
static void merge(Moments *all, const Moments *part) {
    double delta = part->mean - all->mean, before = (double)all->count;
    double share = (double)part->count / (before + (double)part->count);
    if (all->count == 0) {
        *all = *part; /* the square of a huge mean, times nothing, would be NaN */
        return;
    }
    all->m2 += part->m2 + delta * delta * before * share;
    all->mean += delta * share;
    all->l1 += part->l1;
    all->count += part->count;
}

/* Extremes are looked for only in a block whose keys say that they may be there. The distances are
 * from the block's own mean, so that nothing cancels. */
static void measure_block(double *exact, size_t count, KeyRange range, Py_ssize_t start,
                          Measures *all) {
    Moments part = {.l1 = sum_magnitudes(exact, pad(exact, count, 0))};
    int is_special = !isfinite(part.l1);
    if (is_special) {
        count = drop_special(exact, count, start, all);
        part.l1 = sum_magnitudes(exact, pad(exact, count, 0));
    }
    if (count == 0)
        return;
    if (range.low <= all->keys.low || range.high >= all->keys.high) {
        widen_range(exact, pad(exact, count, exact[0]), &all->low, &all->high);
        if (!is_special) {
            all->keys.low = range.low < all->keys.low ? range.low : all->keys.low;
            all->keys.high = range.high > all->keys.high ? range.high : all->keys.high;
        }
    }
    part.count = count;
    part.mean = add_up(exact, count) / (double)count;
    part.m2 = sum_squares(exact, pad(exact, count, part.mean), part.mean);
    merge(&all->moments, &part);
}

static void measure(const char *values, Py_ssize_t size, int itemsize, uint32_t *table,
                    Measures *all) {
    double exact[BLOCK];
    uint16_t keys[BLOCK];
    for (Py_ssize_t start = 0; start < size; start += BLOCK) {
        size_t count = (size_t)(size - start < BLOCK ? size - start : BLOCK);
        const char *block = values + start * itemsize;
        all->zeros += (itemsize == 4 ? load_floats : load_doubles)(block, count, exact, keys);
        KeyRange range = find_keys(keys, count);
        if (table != NULL)
            count_keys(keys, count, range, table);
        measure_block(exact, count, range, start, all);
    }
}

static void tally(const char *values, Py_ssize_t size, uint32_t *table) {
    uint16_t keys[BLOCK];
    for (Py_ssize_t start = 0; start < size; start += BLOCK) {
        size_t count = (size_t)(size - start < BLOCK ? size - start : BLOCK);
        memcpy(keys, values + start * 2, count * 2);
        count_keys(keys, count, find_keys(keys, count), table);
    }
}

/* Whether there are whole values, and a table that holds as many of them, if there is one. */
static int check(const Py_buffer *values, int itemsize, const Py_buffer *table) {
    if (values->len % itemsize || (uint64_t)(values->len / itemsize) > UINT32_MAX)
        PyErr_SetString(PyExc_ValueError, "values: expected whole ones, less than 2^32");
    else if (table->len != 0 && table->len != 2 * KEYS * (Py_ssize_t)sizeof(uint32_t))
        PyErr_SetString(PyExc_ValueError, "table: expected (2, 65536) of uint32, or nothing");
    else
        return 1;
    return 0;
}

static PyObject *py_measure(PyObject *module, PyObject *args) {
    Py_buffer values, table;
    int itemsize;
    PyObject *answer = NULL;
    Measures all = {.keys = {INT16_MAX, INT16_MIN}, .low = INFINITY, .high = -INFINITY,
                    .first_nan = -1, .first_inf = -1};
    if (!PyArg_ParseTuple(args, "y*iw*:measure", &values, &itemsize, &table))
        return NULL;
    if (itemsize != 4 && itemsize != 8)
        PyErr_SetString(PyExc_ValueError, "itemsize: expected 4 or 8");
    else if (check(&values, itemsize, &table)) {
        Py_BEGIN_ALLOW_THREADS
        measure(values.buf, values.len / itemsize, itemsize, table.len ? table.buf : NULL, &all);
        Py_END_ALLOW_THREADS
        answer = Py_BuildValue("KKKKddKdddnn", all.nan, all.posinf, all.neginf, all.zeros, all.low,
                               all.high, all.moments.count, all.moments.mean, all.moments.m2,
                               all.moments.l1, all.first_nan, all.first_inf);
    }
    PyBuffer_Release(&values);
    PyBuffer_Release(&table);
    return answer;
}

static PyObject *py_tally(PyObject *module, PyObject *args) {
    Py_buffer values, table;
    int is_valid;
    if (!PyArg_ParseTuple(args, "y*w*:tally", &values, &table))
        return NULL;
    is_valid = check(&values, 2, &table);
    if (is_valid && table.len) {
        Py_BEGIN_ALLOW_THREADS
        tally(values.buf, values.len / 2, table.buf);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&values);
    PyBuffer_Release(&table);
    return is_valid ? Py_NewRef(Py_None) : NULL;
}

static PyMethodDef methods[] = {
    {"measure", py_measure, METH_VARARGS,
     "measure(values, itemsize, table) -> (nan, posinf, neginf, zeros, low, high, count, mean, m2,"
     " l1, first_nan, first_inf)\n\nOf floats of 4 or 8 bytes; the table counts all of them."},
    {"tally", py_tally, METH_VARARGS,
     "tally(values, table)\n\nCount values of 2 bytes in the table."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_kernel", NULL, 0, methods, slots};

PyMODINIT_FUNC PyInit__kernel(void) {
    return PyModuleDef_Init(&definition);
}
