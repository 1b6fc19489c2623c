// Backpropagation through sigmoid layers in Rust, without crates: numbers in, numbers out.
//
//     rustc -O backprop.rs && ./backprop < numbers
//
// In: L, n_0 … n_L, then W(1), b(1), … W(L), b(L) row by row, the input, the target.
// Out: ∂C/∂b(1), ∂C/∂W(1), … in the same order, one number on each line.
// With --cfg planted, BP4 multiplies by σ′ although δ has it already.
use std::io::{read_to_string, stdin};

fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

fn main() {
    let text = read_to_string(stdin()).expect("standard input is text");
    let mut numbers = text.split_whitespace().map(|word| word.parse::<f64>().expect("a number"));
    let mut take = |count: usize| -> Vec<f64> { numbers.by_ref().take(count).collect() };

    let depth = take(1)[0] as usize;
    let sizes: Vec<usize> = take(depth + 1).iter().map(|&size| size as usize).collect();
    let (mut weights, mut biases) = (vec![], vec![]);
    for l in 1..=depth {
        weights.push(take(sizes[l] * sizes[l - 1]));
        biases.push(take(sizes[l]));
    }
    let (input, target) = (take(sizes[0]), take(sizes[depth]));

    let mut activations = vec![input];
    for l in 1..=depth {
        let before = &activations[l - 1];
        let rows = weights[l - 1].chunks(sizes[l - 1]).zip(&biases[l - 1]);
        let layer = rows.map(|(row, b)| {
            sigmoid(b + row.iter().zip(before).map(|(w, a)| w * a).sum::<f64>())
        });
        let layer: Vec<f64> = layer.collect();
        activations.push(layer);
    }

    let slope = |a: f64| a * (1.0 - a);
    let output = &activations[depth];
    let mut delta: Vec<f64> =
        output.iter().zip(&target).map(|(&a, y)| (a - y) * slope(a)).collect();
    let mut told = vec![];
    for l in (1..=depth).rev() {
        let before = &activations[l - 1];
        let gradient = delta.iter().enumerate().flat_map(|(j, d)| {
            let again = if cfg!(planted) { slope(activations[l][j]) } else { 1.0 };
            before.iter().map(move |a| again * d * a)
        });
        told.push([delta.clone(), gradient.collect()].concat());
        let back = (0..sizes[l - 1]).map(|k| {
            let column = weights[l - 1].iter().skip(k).step_by(sizes[l - 1]);
            slope(before[k]) * column.zip(&delta).map(|(w, d)| w * d).sum::<f64>()
        });
        delta = back.collect();
    }
    told.reverse();
    for number in told.concat() {
        println!("{number:e}");
    }
}
