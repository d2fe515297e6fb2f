import { describe, expect, it } from 'vitest'
import { DurationHistogram } from './duration-histogram.ts'

function linesOf(histogram: DurationHistogram): string[] {
  return histogram.text().trimEnd().split('\n')
}

describe('a histogram of durations', () => {
  it('counts each duration in its bucket and in all above, as Prometheus wants it', () => {
    const histogram = new DurationHistogram('waited_seconds', 'How long.', 'of')
    for (const ms of [0, 2, 3, 900, 60_000]) histogram.observe('a', ms)
    const lines = linesOf(histogram)
    expect(lines.slice(0, 4)).toEqual([
      '# HELP waited_seconds How long.',
      '# TYPE waited_seconds histogram',
      'waited_seconds_bucket{of="a",le="0.002"} 2',
      'waited_seconds_bucket{of="a",le="0.005"} 3',
    ])
    expect(lines).toContain('waited_seconds_bucket{of="a",le="0.5"} 3')
    expect(lines).toContain('waited_seconds_bucket{of="a",le="1"} 4')
    expect(lines.slice(-3)).toEqual([
      'waited_seconds_bucket{of="a",le="+Inf"} 5',
      'waited_seconds_sum{of="a"} 60.905',
      'waited_seconds_count{of="a"} 5',
    ])
  })

  it('takes a duration for none when the clock was set back meanwhile', () => {
    const histogram = new DurationHistogram('waited_seconds', 'How long.', 'of')
    histogram.observe('a', -3_600_000)
    expect(linesOf(histogram)).toContain('waited_seconds_sum{of="a"} 0')
  })
})
