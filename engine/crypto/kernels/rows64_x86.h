// rows64.h written out for x86 with BMI2 and ADX: the same functions, for four and six words.
#ifndef MUSTER_ENGINE_CRYPTO_KERNELS_ROWS64_X86_H_
#define MUSTER_ENGINE_CRYPTO_KERNELS_ROWS64_X86_H_

#include "engine/crypto/kernels/rows64.h"
#include "engine/crypto/kernels/words.h"

#ifdef MUSTER_ROWS_IN_ASSEMBLY

namespace muster::crypto::kernels {
namespace {

template <>
MUSTER_ALWAYS_INLINE Word AddChain<4>(const Words<4>& a, const Words<4>& b, Words<4>* sum) {
  Word s0 = a.w[0], s1 = a.w[1], s2 = a.w[2], s3 = a.w[3], carry = 0;
  __asm__("addq %[b0], %[s0]\n\t"
          "adcq %[b1], %[s1]\n\t"
          "adcq %[b2], %[s2]\n\t"
          "adcq %[b3], %[s3]\n\t"
          "adcq $0, %[carry]"
          : [s0] "+&r"(s0), [s1] "+&r"(s1), [s2] "+&r"(s2), [s3] "+&r"(s3), [carry] "+&r"(carry)
          : [b0] "rm"(b.w[0]), [b1] "rm"(b.w[1]), [b2] "rm"(b.w[2]), [b3] "rm"(b.w[3])
          : "cc");
  *sum = {{s0, s1, s2, s3}};
  return carry;
}

template <>
MUSTER_ALWAYS_INLINE Word AddChain<6>(const Words<6>& a, const Words<6>& b, Words<6>* sum) {
  Word s0 = a.w[0], s1 = a.w[1], s2 = a.w[2], s3 = a.w[3], s4 = a.w[4], s5 = a.w[5], carry = 0;
  __asm__("addq %[b0], %[s0]\n\t"
          "adcq %[b1], %[s1]\n\t"
          "adcq %[b2], %[s2]\n\t"
          "adcq %[b3], %[s3]\n\t"
          "adcq %[b4], %[s4]\n\t"
          "adcq %[b5], %[s5]\n\t"
          "adcq $0, %[carry]"
          : [s0] "+&r"(s0), [s1] "+&r"(s1), [s2] "+&r"(s2), [s3] "+&r"(s3), [s4] "+&r"(s4),
            [s5] "+&r"(s5), [carry] "+&r"(carry)
          : [b0] "rm"(b.w[0]), [b1] "rm"(b.w[1]), [b2] "rm"(b.w[2]), [b3] "rm"(b.w[3]),
            [b4] "rm"(b.w[4]), [b5] "rm"(b.w[5])
          : "cc");
  *sum = {{s0, s1, s2, s3, s4, s5}};
  return carry;
}

template <>
MUSTER_ALWAYS_INLINE Word SubChain<4>(const Words<4>& a, const Words<4>& b, Words<4>* difference) {
  Word d0 = a.w[0], d1 = a.w[1], d2 = a.w[2], d3 = a.w[3], borrow;
  __asm__("subq %[b0], %[d0]\n\t"
          "sbbq %[b1], %[d1]\n\t"
          "sbbq %[b2], %[d2]\n\t"
          "sbbq %[b3], %[d3]\n\t"
          "sbbq %[borrow], %[borrow]"
          : [d0] "+&r"(d0), [d1] "+&r"(d1), [d2] "+&r"(d2), [d3] "+&r"(d3), [borrow] "=r"(borrow)
          : [b0] "rm"(b.w[0]), [b1] "rm"(b.w[1]), [b2] "rm"(b.w[2]), [b3] "rm"(b.w[3])
          : "cc");
  *difference = {{d0, d1, d2, d3}};
  return borrow;
}

template <>
MUSTER_ALWAYS_INLINE Word SubChain<6>(const Words<6>& a, const Words<6>& b, Words<6>* difference) {
  Word d0 = a.w[0], d1 = a.w[1], d2 = a.w[2], d3 = a.w[3], d4 = a.w[4], d5 = a.w[5], borrow;
  __asm__("subq %[b0], %[d0]\n\t"
          "sbbq %[b1], %[d1]\n\t"
          "sbbq %[b2], %[d2]\n\t"
          "sbbq %[b3], %[d3]\n\t"
          "sbbq %[b4], %[d4]\n\t"
          "sbbq %[b5], %[d5]\n\t"
          "sbbq %[borrow], %[borrow]"
          : [d0] "+&r"(d0), [d1] "+&r"(d1), [d2] "+&r"(d2), [d3] "+&r"(d3), [d4] "+&r"(d4),
            [d5] "+&r"(d5), [borrow] "=r"(borrow)
          : [b0] "rm"(b.w[0]), [b1] "rm"(b.w[1]), [b2] "rm"(b.w[2]), [b3] "rm"(b.w[3]),
            [b4] "rm"(b.w[4]), [b5] "rm"(b.w[5])
          : "cc");
  *difference = {{d0, d1, d2, d3, d4, d5}};
  return borrow;
}

// Two carry chains at once: low halves through CF, high halves through OF.
#define MUSTER_PRODUCT_STEP(offset, low_into, high_into) \
  "mulx " offset "(%[a]), %[low], %[high]\n\t"           \
  "adcx %[low], " low_into "\n\t"                        \
  "adox %[high], " high_into "\n\t"

template <>
MUSTER_ALWAYS_INLINE void AddProduct<4>(const Words<4>& a, Word b, Word* t) {
  Word low, high, over;
  __asm__("xorl %k[over], %k[over]\n\t"  // Clears both carries as well.
          MUSTER_PRODUCT_STEP("0", "%[t0]", "%[t1]") MUSTER_PRODUCT_STEP("8", "%[t1]", "%[t2]")
          MUSTER_PRODUCT_STEP("16", "%[t2]", "%[t3]") MUSTER_PRODUCT_STEP("24", "%[t3]", "%[t4]")
          "movl $0, %k[low]\n\t"
          "adcx %[low], %[t4]\n\t"
          "adox %[low], %[over]\n\t"
          "adcx %[low], %[over]"
          : [t0] "+&r"(t[0]), [t1] "+&r"(t[1]), [t2] "+&r"(t[2]), [t3] "+&r"(t[3]),
            [t4] "+&r"(t[4]), [over] "=&r"(over), [low] "=&r"(low), [high] "=&r"(high)
          : [a] "r"(a.w), "d"(b), "m"(a)
          : "cc");
  t[5] = over;
}

template <>
MUSTER_ALWAYS_INLINE void AddProduct<6>(const Words<6>& a, Word b, Word* t) {
  Word low, high, over;
  __asm__("xorl %k[over], %k[over]\n\t"
          MUSTER_PRODUCT_STEP("0", "%[t0]", "%[t1]") MUSTER_PRODUCT_STEP("8", "%[t1]", "%[t2]")
          MUSTER_PRODUCT_STEP("16", "%[t2]", "%[t3]") MUSTER_PRODUCT_STEP("24", "%[t3]", "%[t4]")
          MUSTER_PRODUCT_STEP("32", "%[t4]", "%[t5]") MUSTER_PRODUCT_STEP("40", "%[t5]", "%[t6]")
          "movl $0, %k[low]\n\t"
          "adcx %[low], %[t6]\n\t"
          "adox %[low], %[over]\n\t"
          "adcx %[low], %[over]"
          : [t0] "+&r"(t[0]), [t1] "+&r"(t[1]), [t2] "+&r"(t[2]), [t3] "+&r"(t[3]),
            [t4] "+&r"(t[4]), [t5] "+&r"(t[5]), [t6] "+&r"(t[6]), [over] "=&r"(over),
            [low] "=&r"(low), [high] "=&r"(high)
          : [a] "r"(a.w), "d"(b), "m"(a)
          : "cc");
  t[7] = over;
}

template <>
MUSTER_ALWAYS_INLINE Words<4> ReduceTop<4>(const Word* t, const Words<4>& m) {
  Word u0 = t[0], u1 = t[1], u2 = t[2], u3 = t[3], top = t[4];
  __asm__(
          "subq %[m0], %[u0]\n\t"
          "sbbq %[m1], %[u1]\n\t"
          "sbbq %[m2], %[u2]\n\t"
          "sbbq %[m3], %[u3]\n\t"
          "sbbq $0, %[top]\n\t"
          "cmovcq %[t0], %[u0]\n\t"
          "cmovcq %[t1], %[u1]\n\t"
          "cmovcq %[t2], %[u2]\n\t"
          "cmovcq %[t3], %[u3]"
          : [u0] "+&r"(u0), [u1] "+&r"(u1), [u2] "+&r"(u2), [u3] "+&r"(u3), [top] "+&r"(top)
          : [t0] "rm"(t[0]), [t1] "rm"(t[1]), [t2] "rm"(t[2]), [t3] "rm"(t[3]),
            [m0] "rm"(m.w[0]), [m1] "rm"(m.w[1]), [m2] "rm"(m.w[2]), [m3] "rm"(m.w[3])
          : "cc");
  return {{u0, u1, u2, u3}};
}

// In two steps, because so many operands at once may not find registers.
template <>
MUSTER_ALWAYS_INLINE Words<6> ReduceTop<6>(const Word* t, const Words<6>& m) {
  Words<6> less;
  Word below = SubChain({{t[0], t[1], t[2], t[3], t[4], t[5]}}, m, &less);
  below &= t[6] - 1;  // With the top bit nothing is below m.
  __asm__("testq %[below], %[below]\n\t"
          "cmovneq %[t0], %[u0]\n\t"
          "cmovneq %[t1], %[u1]\n\t"
          "cmovneq %[t2], %[u2]\n\t"
          "cmovneq %[t3], %[u3]\n\t"
          "cmovneq %[t4], %[u4]\n\t"
          "cmovneq %[t5], %[u5]"
          : [u0] "+&r"(less.w[0]), [u1] "+&r"(less.w[1]), [u2] "+&r"(less.w[2]),
            [u3] "+&r"(less.w[3]), [u4] "+&r"(less.w[4]), [u5] "+&r"(less.w[5])
          : [below] "r"(below), [t0] "rm"(t[0]), [t1] "rm"(t[1]), [t2] "rm"(t[2]),
            [t3] "rm"(t[3]), [t4] "rm"(t[4]), [t5] "rm"(t[5])
          : "cc");
  return less;
}

// t = a^2: the products of different words once, doubled, and the squares.
MUSTER_ALWAYS_INLINE void SquareWords(const Words<4>& a, Word* t) {
  Word low, high, factor = a.w[0];
  __asm__("mulx 8(%[a]), %[t1], %[t2]\n\t"
          "mulx 16(%[a]), %[low], %[t3]\n\t"
          "addq %[low], %[t2]\n\t"
          "mulx 24(%[a]), %[low], %[t4]\n\t"
          "movq 8(%[a]), %%rdx\n\t"
          "adcq %[low], %[t3]\n\t"
          "adcq $0, %[t4]\n\t"
          "mulx 24(%[a]), %[low], %[t5]\n\t"
          "mulx 16(%[a]), %[t0], %[high]\n\t"
          "movq 16(%[a]), %%rdx\n\t"
          "addq %[t0], %[t3]\n\t"
          "adcq %[high], %[t4]\n\t"
          "adcq $0, %[t5]\n\t"
          "mulx 24(%[a]), %[t0], %[t6]\n\t"
          "addq %[low], %[t4]\n\t"
          "adcq %[t0], %[t5]\n\t"
          "adcq $0, %[t6]\n\t"
          "movq 0(%[a]), %%rdx\n\t"
          "xorl %k[t7], %k[t7]\n\t"  // Clears both carries as well.
          "mulx %%rdx, %[t0], %[high]\n\t"
          "adcx %[t1], %[t1]\n\t"
          "adox %[high], %[t1]\n\t"
          "movq 8(%[a]), %%rdx\n\t"
          "mulx %%rdx, %[low], %[high]\n\t"
          "adcx %[t2], %[t2]\n\t"
          "adox %[low], %[t2]\n\t"
          "adcx %[t3], %[t3]\n\t"
          "adox %[high], %[t3]\n\t"
          "movq 16(%[a]), %%rdx\n\t"
          "mulx %%rdx, %[low], %[high]\n\t"
          "adcx %[t4], %[t4]\n\t"
          "adox %[low], %[t4]\n\t"
          "adcx %[t5], %[t5]\n\t"
          "adox %[high], %[t5]\n\t"
          "movq 24(%[a]), %%rdx\n\t"
          "mulx %%rdx, %[low], %[high]\n\t"
          "adcx %[t6], %[t6]\n\t"
          "adox %[low], %[t6]\n\t"
          "adcx %[t7], %[t7]\n\t"
          "adox %[high], %[t7]"
          : [t0] "=&r"(t[0]), [t1] "=&r"(t[1]), [t2] "=&r"(t[2]), [t3] "=&r"(t[3]),
            [t4] "=&r"(t[4]), [t5] "=&r"(t[5]), [t6] "=&r"(t[6]), [t7] "=&r"(t[7]),
            [low] "=&r"(low), [high] "=&r"(high), "+&d"(factor)
          : [a] "r"(a.w), "m"(a)
          : "cc");
}

#undef MUSTER_PRODUCT_STEP

}  // namespace
}  // namespace muster::crypto::kernels

#endif  // MUSTER_ROWS_IN_ASSEMBLY

#endif  // MUSTER_ENGINE_CRYPTO_KERNELS_ROWS64_X86_H_
