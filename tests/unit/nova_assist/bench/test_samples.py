# SPDX-License-Identifier: Apache-2.0
import unittest

from nova_assist.bench import samples


class SamplesTest(unittest.TestCase):
    def test_one_slow_round_does_not_move_a_median(self):
        self.assertEqual(2, samples.median([1, 2, 100]).value)

    def test_ratio_is_that_of_the_medians(self):
        self.assertEqual(0.5, samples.ratio([1, 2, 3], [4, 3, 5]).value)

    def test_difference_is_that_of_the_medians(self):
        self.assertEqual(-2, samples.difference([1, 2, 3], [4, 3, 5]).value)

    def test_equal_samples_have_no_spread(self):
        figure = samples.ratio([2, 2, 2], [4, 4, 4])
        self.assertEqual((0.5, 0.5), (figure.low, figure.high))

    def test_spread_is_around_the_figure_and_repeatable(self):
        ours, theirs = [1.0, 1.2, 1.4, 1.1, 0.9], [2.0, 2.6, 2.2, 2.1, 2.4]
        figure = samples.ratio(ours, theirs)
        self.assertLess(figure.low, figure.value)
        self.assertGreater(figure.high, figure.value)
        self.assertEqual(figure, samples.ratio(ours, theirs))

    def test_noise_widens_the_spread(self):
        quiet = samples.median([1.0, 1.01, 0.99, 1.0, 1.0])
        noisy = samples.median([1.0, 1.9, 0.3, 1.4, 0.6])
        self.assertLess(quiet.high - quiet.low, noisy.high - noisy.low)

    def test_slope_is_the_power_that_something_grows_with(self):
        for power in (0, 1, 2):
            with self.subTest(power):
                points = [(x, 3.0 * x**power) for x in (1, 10, 100)]
                self.assertAlmostEqual(power, samples.slope(points))
