/* Backpropagation through sigmoid layers in C, in float, as a library that Python calls.
 *
 *     cc -O2 -shared -fPIC -o libbackprop.so backprop.c -lm
 *
 * weights: W(1)…W(L) one after the other, row by row; biases likewise; both gradients come back in
 * the same order. `room` holds 3 times the number of neurons, inputs included.
 * With -DPLANTED the slope is taken at a instead of z, a mistake that is easily made here. */
#include <math.h>
#include <stddef.h>

static float sigmoid(float z) { return 1.0f / (1.0f + expf(-z)); }

static float slope(float z, float a) {
#ifdef PLANTED
    return sigmoid(a) * (1.0f - sigmoid(a)); /* z is what belongs here */
#else
    return a * (1.0f - a);
#endif
}

void backprop(int depth, const int *sizes, const float *weights, const float *biases,
              const float *input, const float *target, float *room, float *bias_gradients,
              float *weight_gradients) {
    int neurons = 0;
    for (int l = 0; l <= depth; l++) neurons += sizes[l];
    float *z = room, *a = room + neurons, *delta = room + 2 * neurons;
    for (int k = 0; k < sizes[0]; k++) a[k] = input[k];

    const float *W = weights, *b = biases;
    for (int l = 1; l <= depth; l++) {
        const float *before = a;
        a += sizes[l - 1], z += sizes[l - 1], delta += sizes[l - 1];
        for (int j = 0; j < sizes[l]; j++) {
            z[j] = b[j];
            for (int k = 0; k < sizes[l - 1]; k++) z[j] += W[j * sizes[l - 1] + k] * before[k];
            a[j] = sigmoid(z[j]);
        }
        W += sizes[l] * sizes[l - 1], b += sizes[l];
        bias_gradients += sizes[l], weight_gradients += sizes[l] * sizes[l - 1];
    }

    for (int l = depth; l >= 1; l--) {
        const float *next = delta + sizes[l]; /* δ of layer l + 1, where W still points */
        for (int j = 0; j < sizes[l]; j++) {
            float error = 0.0f;
            if (l == depth) error = a[j] - target[j];
            else for (int i = 0; i < sizes[l + 1]; i++) error += W[i * sizes[l] + j] * next[i];
            delta[j] = error * slope(z[j], a[j]);
        }
        W -= sizes[l] * sizes[l - 1];
        bias_gradients -= sizes[l], weight_gradients -= sizes[l] * sizes[l - 1];
        const float *before = a - sizes[l - 1];
        for (int j = 0; j < sizes[l]; j++) {
            bias_gradients[j] = delta[j];
            for (int k = 0; k < sizes[l - 1]; k++)
                weight_gradients[j * sizes[l - 1] + k] = delta[j] * before[k];
        }
        a -= sizes[l - 1], z -= sizes[l - 1], delta -= sizes[l - 1];
    }
}
