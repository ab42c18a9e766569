"""Make the tables of `analyses/portability/` from released packages; none of them stays installed.

`op_history` asks releases of TensorFlow for their ops, `addon_ops` add-on packages, `target_ops`
says what TFLite, TF.js and Keras 3 take, and `agreement` compares verdicts with what happens.
"""
