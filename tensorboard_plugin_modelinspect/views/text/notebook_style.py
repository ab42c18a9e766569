"""How tables look in a notebook."""

# No colour of its own: borders and backgrounds are shades of the page's text, light or dark.
STYLE = """<style>
.modelinspect table{border-collapse:collapse;margin:4px 0 12px;color:inherit}
.modelinspect th,.modelinspect td{border:0;padding:2px 12px 2px 0;text-align:left;
background:none;color:inherit}
.modelinspect thead th{border-bottom:1px solid color-mix(in srgb,currentColor 30%,transparent)}
.modelinspect .number{text-align:right;font-variant-numeric:tabular-nums}
.modelinspect .quiet{opacity:.7}
</style>"""
