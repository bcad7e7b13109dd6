/* Peer of bench_circuit: the same grid and places with PETSc, conjugate gradients and the
 * preconditioner of the command line, set up once, one right-hand side after the other.
 *   circuit_petsc RES.f32 N -pc_type hypre -pc_hypre_type boomeramg */
#include <petscksp.h>
#include <stdio.h>
#include <stdlib.h>

#define K 10

static size_t place(size_t n, size_t i)
{
    size_t r = i == 0 ? n / 4 : i == 1 ? 3 * n / 4 : (i * 7919 % 97 + 1) * n / 99;
    size_t c = i == 0 ? n / 4 : i == 1 ? 3 * n / 4 : (i * 104729 % 89 + 1) * n / 91;
    return r * n + c;
}

static double edge(const float *r, PetscInt a, PetscInt b)
{
    return 2.0 / ((double)r[a] + (double)r[b]);
}

/* The place 0 is grounded: row and column replaced by those of the identity. */
static PetscErrorCode assemble(const float *r, PetscInt n, PetscInt ground, Mat *out)
{
    PetscInt all = n * n;
    PetscCall(MatCreateSeqAIJ(PETSC_COMM_SELF, all, all, 5, NULL, out));
    for (PetscInt v = 0; v < all; v++) {
        double d = 0;
        const PetscInt near[4] = {v % n ? v - 1 : -1, v % n + 1 < n ? v + 1 : -1, v - n,
                                  v + n < all ? v + n : -1};
        for (int e = 0; e < 4; e++) {
            if (near[e] >= 0) {
                d += edge(r, v, near[e]);
                if (v != ground && near[e] != ground) {
                    PetscCall(MatSetValue(*out, v, near[e], -edge(r, v, near[e]), INSERT_VALUES));
                }
            }
        }
        PetscCall(MatSetValue(*out, v, v, v == ground ? 1 : d, INSERT_VALUES));
    }
    PetscCall(MatAssemblyBegin(*out, MAT_FINAL_ASSEMBLY));
    PetscCall(MatAssemblyEnd(*out, MAT_FINAL_ASSEMBLY));
    return 0;
}

int main(int argc, char **argv)
{
    PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
    PetscInt n = (PetscInt)strtol(argv[2], NULL, 10), most = 0;
    size_t cells = (size_t)n * (size_t)n;
    float *r = malloc(cells * sizeof *r);
    FILE *f = fopen(argv[1], "rb");
    if (r == NULL || f == NULL || fread(r, sizeof *r, cells, f) != cells) {
        return 3;
    }
    (void)fclose(f);
    PetscLogDouble t0, t1, t2, t3;
    PetscTime(&t0);
    Mat a;
    Vec b, u;
    KSP k;
    PetscInt ground = (PetscInt)place((size_t)n, 0);
    PetscCall(assemble(r, n, ground, &a));
    PetscTime(&t1);
    PetscCall(MatCreateVecs(a, &u, &b));
    PetscCall(KSPCreate(PETSC_COMM_SELF, &k));
    PetscCall(KSPSetType(k, KSPCG));
    PetscCall(KSPSetTolerances(k, 1e-10, PETSC_DEFAULT, PETSC_DEFAULT, 20000));
    PetscCall(KSPSetOperators(k, a, a));
    PetscCall(KSPSetFromOptions(k));
    PetscCall(KSPSetUp(k));
    PetscTime(&t2);
    PetscScalar resistance = 0;
    for (size_t i = 1; i < K; i++) {
        PetscInt at = (PetscInt)place((size_t)n, i), steps = 0;
        PetscCall(VecSet(b, 0));
        PetscCall(VecSetValue(b, at, 1, INSERT_VALUES));
        PetscCall(VecAssemblyBegin(b));
        PetscCall(VecAssemblyEnd(b));
        PetscCall(KSPSolve(k, b, u));
        PetscCall(KSPGetIterationNumber(k, &steps));
        most = steps > most ? steps : most;
        if (i == 1) {
            PetscCall(VecGetValues(u, 1, &at, &resistance));
        }
    }
    PetscTime(&t3);
    PetscCall(PetscPrintf(PETSC_COMM_SELF,
                          "RESULT assemble %.2f s, set up %.2f s, solve %.2f s (%d right-hand "
                          "sides), %d steps, 45 pairs, %.4f s a pair, R=%.9g\n",
                          t1 - t0, t2 - t1, t3 - t2, K - 1, (int)most, (t3 - t0) / 45, resistance));
    return PetscFinalize();
}
