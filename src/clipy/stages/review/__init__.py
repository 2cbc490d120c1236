"""Quality control: is the finished file good?"""
