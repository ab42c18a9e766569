/** As much of a canvas as a picture is drawn with: what draws on a `Pen` draws on others, too. */
export type Pen = Pick<
  CanvasRenderingContext2D,
  | 'fillStyle'
  | 'strokeStyle'
  | 'lineWidth'
  | 'globalAlpha'
  | 'font'
  | 'textAlign'
  | 'textBaseline'
  | 'beginPath'
  | 'moveTo'
  | 'lineTo'
  | 'bezierCurveTo'
  | 'roundRect'
  | 'setLineDash'
  | 'fill'
  | 'stroke'
  | 'fillRect'
  | 'fillText'
>;
